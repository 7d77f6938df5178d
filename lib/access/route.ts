import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { AnyContract, Contract, Replies, Told } from '@/lib/api/contract';
import { log, safeError } from '@/lib/metrics/log';
import { ownMetrics } from '@/lib/metrics/own';
import { type RequestContext, requests } from '@/lib/metrics/request';
import { describeError } from '@/lib/postgres/errors';
import { runtime } from '@/lib/runtime';
import { readJson, refuseNul } from './body';
import { ownOrigins, refuseCrossSite, refuseCrossSiteRead } from './cross-site';
import { noteDenied, type Refused } from './denied';
import { requirePage } from './embed/pages';
import { answered } from './encoding';
import { ApiError, badInput, notFound } from './errors';
import { bearerOf, identify, refuseTokenInAddress } from './identify';
import { checked, noParameters, unreadQuery } from './input';
import { enter, leaving } from './limits';
import { requireDatabase, type ServerAccess, serverFor } from './server-access';
import { tellFound } from './short-way';
import { requireRole, type User } from './user';

/** What a route handler is given: its input, checked, and who asks. */
export type Asked<Params, Query, Body> = {
  params: Params;
  query: Query;
  body: Body;
  user: User;
  /** What the user may do on the server of the path; there is none in other paths. */
  access: ServerAccess;
  request: Request;
};

/** A route handler as Next calls it. */
export type Handler = (
  request: Request,
  context: { params: Promise<Record<string, string | string[] | undefined>> },
) => Promise<Response>;

type Text = Record<string, string>;

/** A request that was let in, before its input is read. */
type Admitted = {
  request: Request;
  user: User;
  path: Record<string, string | string[] | undefined>;
  access: ServerAccess | undefined;
  unsafe: boolean;
};

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

const made = new WeakMap<object, AnyContract | undefined>();

/** Whether a handler was made here: the proof that none is bare. */
export function isRoute(handler: unknown): boolean {
  return typeof handler === 'function' && made.has(handler);
}

/** The contract of a handler that `route()` made; undefined for one that only refuses. */
export function contractOf(handler: Handler): AnyContract | undefined {
  return made.get(handler);
}

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), clipboard-read=()',
  'referrer-policy': 'same-origin',
  vary: 'Cookie, Authorization, Accept-Encoding',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Who a request comes from on paths that are open to everybody. */
const nobody: User = { name: 'nobody', role: 'viewer', mode: 'anonymous' };

/**
 * Wraps a route handler: who asks, role on the server of the path, cross-site rule, JSON body of at most 256 KB, input by its contract (400 names the field; a parameter that the contract does not know is none that is passed over), errors as
 * `{ error: { code, message, requestId, field? } }`, request id, timings and headers of every `/api` response. What the
 * handler returns becomes JSON with status 200, unless it is a `Response` (`reply()` makes one with another status).
 */
export function route<Params, Query, Body, Answers extends Replies>(
  contract: Contract<Params, Query, Body, Answers>,
  handler: (asked: Asked<Params, Query, Body>) => Told<Answers> | Promise<Told<Answers>>,
): Handler {
  const query = contract.query ?? (noParameters as z.ZodType as z.ZodType<Query>);
  const wrapped = guarded<Params, Query, Body>({ ...contract, query }, contract.path, handler);
  made.set(wrapped, contract);
  return wrapped;
}

/** What of a contract checks a request. */
type Guard<Params, Query, Body> = Pick<
  Contract<Params, Query, Body>,
  'role' | 'databases' | 'heavy' | 'params' | 'query' | 'queryOf' | 'body'
>;

function guarded<Params, Query, Body>(
  options: Guard<Params, Query, Body>,
  path: string,
  handler: (asked: Asked<Params, Query, Body>) => unknown,
): Handler {
  const answer = async (
    request: Request,
    given: Promise<Record<string, string | string[] | undefined>>,
    asking: Refused,
  ) => {
    const unsafe = !safeMethods.has(request.method);
    const { headers } = request;
    refuseTokenInAddress(request.url);
    if (unsafe) refuseCrossSite(headers, ownOrigins(runtime().config), bearerOf(headers) !== undefined);
    else refuseCrossSiteRead(headers);
    const user = options.role === 'open' ? nobody : await identify(headers);
    if (options.role !== 'open') asking.user = user;
    const path = (await given) ?? {};
    const access = typeof path.server === 'string' ? serverFor(user, path.server).access : undefined;
    if (access) asking.server = String(path.server);
    if (options.role !== 'open') requireRole({ name: user.name, role: access?.role ?? user.role }, options.role);
    // Light open reads cost nothing, and say that pgdeck is well while it is full.
    const light = unsafe ? 'write' : 'read';
    const known = options.heavy ? 'heavy' : light;
    const kind = options.role !== 'open' ? known : unsafe || options.heavy ? 'open' : undefined;
    const leave = kind === undefined ? () => {} : await enter(user, kind, request.signal);
    let response: Response;
    let isWhole: boolean;
    try {
      const value = await handle({ request, user, path, access, unsafe });
      isWhole = !(value instanceof Response);
      response = await answered(value, request);
    } catch (error) {
      leave();
      throw error;
    }
    if (options.heavy && !isWhole && request.method !== 'HEAD') return leaving(response, leave, request.signal);
    leave();
    return response;
  };

  const handle = async ({ request, user, path, access, unsafe }: Admitted): Promise<unknown> => {
    const body = unsafe ? await readJson(request) : undefined;
    refuseNul(path);
    // A sign-in is refused in one sentence, whatever was typed; nothing of it goes to PostgreSQL.
    if (options.role !== 'open') refuseNul(body);
    if (user.only?.pages) {
      const { pathname, searchParams } = new URL(request.url);
      requirePage(user.only.pages, { path: pathname, params: path, query: searchParams, body });
    }
    const params = (options.params ? checked(options.params, path, 'path') : path) as Params;
    const query = options.queryOf?.(params) ?? options.query;
    const asked: Asked<Params, Query, Body> = {
      params,
      query: (reads(query) ? checked(query, queryOf(request.url), 'query') : {}) as Query,
      body: (options.body ? checked(options.body, body, 'body') : undefined) as Body,
      user,
      request,
      get access() {
        if (!access) throw new Error('this path names no server');
        return access;
      },
    };
    if (access && options.role !== 'open' && options.databases !== 'filtered') {
      // Only what the contract has counts: a database that the handler does not look at would open the others.
      const named = [asked.query, asked.body].map(databaseOf);
      const databases = named.filter((database) => database !== undefined);
      for (const database of databases.length > 0 ? databases : [null]) {
        requireDatabase(access, String(path.server), database);
        requireRole({ name: user.name, role: access.roleOn(database) ?? 'viewer' }, options.role);
      }
    }
    return handler(asked);
  };

  const wrapped: Handler = (request, context) => {
    const started = begun(path);
    return requests.run(started, async () => {
      const asking: Refused = { user: undefined, server: undefined };
      const response = await answer(request, context.params, asking).catch((error) => failure(error, request, asking));
      if (request.method === 'GET' && response.status < 400)
        tellFound({ handler: wrapped, route: path, url: request.url, params: (await context.params) ?? {} });
      return finish(response, request, started, asking.user);
    });
  };
  return wrapped;
}

/** Every method of the paths that are not there: 404 for whoever is recognised. */
export function nowhere(): Record<Method, Handler> {
  const missing = guarded({ role: 'viewer' }, '', () => {
    throw notFound('There is nothing at this path.');
  });
  made.set(missing, undefined);
  return { GET: missing, POST: missing, PUT: missing, PATCH: missing, DELETE: missing, OPTIONS: missing };
}

/** A JSON answer with a status of its own. */
export function reply(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(value, { status, headers });
}

/** The methods that a path does not have, each answering 405; spread over the exports beside the ones it has. */
export function othersThan(...allowed: string[]): Record<Method, Handler> {
  const allow = allowed.includes('GET') ? [...allowed, 'HEAD'].join(', ') : allowed.join(', ');
  const refuse: Handler = (request) => {
    const started = begun('');
    return requests.run(started, async () => {
      const error = new ApiError(405, 'method_not_allowed', `This path only takes ${allow}.`, undefined, { allow });
      return finish(failure(error, request), request, started);
    });
  };
  made.set(refuse, undefined);
  return { GET: refuse, POST: refuse, PUT: refuse, PATCH: refuse, DELETE: refuse, OPTIONS: refuse };
}

/** The database that an input names, as itself or as the place of a target. */
function databaseOf(input: unknown): string | undefined {
  const { database, target } = (input ?? {}) as { database?: unknown; target?: { database?: unknown } };
  const named = database ?? target?.database;
  return typeof named === 'string' ? named : undefined;
}

function reads<Query>(query: z.ZodType<Query> | undefined): query is z.ZodType<Query> {
  return query !== undefined && query !== (unreadQuery as z.ZodType);
}

function queryOf(url: string): Text {
  const values = new Map<string, string>();
  for (const [name, value] of new URL(url).searchParams) {
    if (values.has(name)) throw badInput(`${name} is given twice.`, name);
    // PostgreSQL knows no such text, and would answer with an error of its own.
    if (value.includes('\0')) throw badInput(`${name} must not hold the character NUL.`, name);
    values.set(name, value);
  }
  return Object.fromEntries(values);
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  try {
    const problem = describeError(error);
    const timedOut = problem.reason === 'timeout' || problem.reason === 'locked';
    return new ApiError(timedOut ? 504 : 503, problem.reason, `${problem.sentence} ${problem.hint}`);
  } catch {
    return new ApiError(
      500,
      'internal',
      'Something went wrong inside pgdeck. Its log tells more under the request id.',
    );
  }
}

function failure(error: unknown, request: Request, asking?: Refused): Response {
  const told = asApiError(error);
  const { status, code, message, field, headers } = told;
  if (asking && status === 403) noteDenied(told, request, safeMethods.has(request.method), asking);
  const requestId = requests.getStore()?.requestId;
  if (status >= 500)
    log[status === 500 ? 'error' : 'warn'](
      { requestId, method: request.method, path: pathOf(request), status, err: safeError(error) },
      'request failed',
    );
  return reply(status, { error: { code, message, requestId, ...(field !== undefined && { field }) } }, headers);
}

function finish(response: Response, request: Request, context: RequestContext, user?: User): Response {
  const tookMs = performance.now() - context.startedAt;
  const { method } = request;
  const { status } = response;
  ownMetrics().requests.observe(
    { method, route: context.route || 'none', status: `${Math.floor(status / 100)}xx` },
    tookMs / 1000,
  );
  const { headers } = response;
  for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value);
  headers.set('x-request-id', context.requestId);
  headers.set('x-process-time', tookMs.toFixed(1));
  headers.set('x-query-count', String(context.queries));
  headers.set('x-query-time', context.queryMs.toFixed(1));
  headers.set('server-timing', `app;dur=${tookMs.toFixed(1)}, db;dur=${context.queryMs.toFixed(1)}`);
  log.info(
    {
      requestId: context.requestId,
      method,
      route: context.route,
      path: pathOf(request),
      status,
      ms: Math.round(tookMs),
      queries: context.queries,
      queryMs: Math.round(context.queryMs),
      // What follows `token:` would be struck out as one.
      user: user?.name.replace(/^token:/, ''),
      mode: user?.mode,
    },
    'request',
  );
  return response;
}

function begun(route: string): RequestContext {
  return { requestId: randomUUID(), route, startedAt: performance.now(), queries: 0, queryMs: 0 };
}

function pathOf(request: Request): string {
  return new URL(request.url).pathname;
}
