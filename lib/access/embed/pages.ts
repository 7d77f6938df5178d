import { runtime } from '@/lib/runtime';
import { ApiError } from '../errors';

/**
 * What one page asks for: topics, series, and the other paths below a server; of which kinds of object the definitions;
 * which kinds of target its actions have.
 */
type Needs = {
  topics?: string[];
  series?: string[];
  routes?: string[];
  definitions?: string[];
  elsewhere?: string[];
  targets?: string[];
};

const relations = ['relation', 'index', 'constraint', 'statistics'];
const sessions = ['backend', 'backends'];
const pgbouncer = ['pools', 'stats', 'clients', 'servers', 'databases', 'config'].map((what) => `pgbouncer-${what}`);
const all = '*';

/** Every page of the menu, and what a frame that is limited to it may ask for: nothing but this. */
const needs: Record<string, Needs> = {
  overview: {
    topics: ['connections', 'databases', 'slow-queries', 'tables', 'server'],
    series: ['connections', 'transactions', 'active-sessions', 'waiting-sessions'],
    routes: ['findings'],
    targets: [all],
  },
  sessions: { topics: ['sessions', 'connections'], series: ['connections'], targets: sessions },
  load: { topics: ['load'], series: ['load'], routes: ['top'] },
  locks: { topics: ['locks', 'connections'], series: ['waiting-sessions'], targets: sessions },
  progress: { topics: ['progress'], targets: [...sessions, 'run'] },
  pools: {
    topics: ['sessions', 'connections', 'application-pools', 'pools', ...pgbouncer],
    series: ['pools', 'pool-waits', 'active-sessions', 'pgbouncer-pools', 'pgbouncer-maxwait', 'pgbouncer-traffic'],
    targets: ['pgbouncer', 'pgbouncer-database'],
  },
  statements: { topics: ['slow-queries'], series: ['statement'], targets: ['statement'] },
  compare: { routes: ['compare'] },
  tables: { topics: ['tables'], series: ['table'], targets: relations },
  indexes: { topics: ['index-usage', 'databases'], series: ['index'], definitions: ['index'], targets: relations },
  maintenance: { routes: ['ddl', 'schedules'], elsewhere: ['runs'], targets: [all] },
  changes: { elsewhere: ['annotations'] },
  audit: { elsewhere: ['audit', 'audit/export'] },
  access: { routes: ['rights'] },
  cost: { topics: ['own-cost', 'pools'], series: ['pools'], routes: ['cost'] },
  api: { elsewhere: ['openapi.json'] },
};

/**
 * What every page asks for: who one is, which servers there are, since when is recorded, what actions are called, what is
 * drawn over charts.
 */
const everywhere = new Set(['servers', 'session', 'history', 'actions']);
const everyServer = new Set(['series', 'changes', 'moments']);
/** What the dialog of actions asks for; what an action is done to is looked at apart. */
const acting = new Set(['actions/preview', 'actions/execute', 'actions/choices', 'actions/index-form']);

/** Whether a page is there, by its slug. */
export function isPage(slug: string): boolean {
  return Object.hasOwn(needs, slug);
}

/** What a limited bearer asks for: the path of the API, its decoded parameters, query and body. */
export type AskedPath = {
  path: string;
  params: Readonly<Record<string, unknown>>;
  query: URLSearchParams;
  body: unknown;
};

/**
 * Throws 403 where none of the pages that a bearer is limited to asks for such a thing. What is not listed is refused, so
 * that a new path of the API is closed to them until a page is said to need it.
 */
export function requirePage(pages: readonly string[], asked: AskedPath): void {
  const allowed = pages.map((slug) => (isPage(slug) ? (needs[slug] as Needs) : {}));
  if (!mayAsk(allowed, asked))
    throw new ApiError(403, 'forbidden', `This frame may see ${pages.join(', ') || 'no page'} only.`);
}

function mayAsk(allowed: Needs[], { path, params, query, body }: AskedPath): boolean {
  const some = (what: keyof Needs, wanted: unknown) =>
    allowed.some((need) => need[what]?.some((each) => each === all || each === wanted));
  const below = belowApi(path);
  const rest = below.slice(2).join('/');
  if (below[0] !== 'servers') {
    const name = below.join('/');
    if (everywhere.has(name)) return allowed.length > 0;
    if (below[0] === 'runs' && below.length > 1) return allowed.some(({ targets }) => targets);
    return some('elsewhere', name);
  }
  if (below.length === 1 || everyServer.has(rest))
    return rest === 'moments' ? some('topics', query.get('topic')) : allowed.length > 0;
  if (acting.has(rest)) return allowed.some(({ targets }) => targets) && mayActOn(some, rest, query, body);
  if (rest === 'definition') return some('definitions', query.get('kind'));
  if (typeof params.series === 'string') return some('series', params.series);
  if (typeof params.topic === 'string') return some('topics', params.topic);
  return some('routes', typeof params.schedule === 'string' ? 'schedules' : rest);
}

/** A preview and the choices of a form tell of what they are about; a run needs the preview that it was allowed. */
function mayActOn(
  some: (what: keyof Needs, wanted: unknown) => boolean,
  rest: string,
  query: URLSearchParams,
  body: unknown,
): boolean {
  if (rest === 'actions/execute') return true;
  if (rest === 'actions/index-form') return some('targets', 'relation');
  const { target } = (body ?? {}) as { target?: { kind?: unknown } };
  return some('targets', rest === 'actions/choices' ? query.get('kind') : target?.kind);
}

/** The parts of a path below /api. */
function belowApi(path: string): string[] {
  const { basePath } = runtime().config.access;
  const own = basePath && path.startsWith(`${basePath}/api/`) ? path.slice(basePath.length) : path;
  return own.split('/').slice(2).filter(Boolean);
}
