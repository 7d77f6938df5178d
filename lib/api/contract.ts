import type { z } from 'zod';
import type { Role } from '@/lib/config-access';

/**
 * One answer of a route: `what` says in a sentence what it is; JSON of a shape, text of media types, either or neither.
 * `headers` are those that others do not have, with what they tell.
 */
export type Reply = {
  what: string;
  json?: z.ZodType;
  media?: readonly string[];
  headers?: { readonly [name: string]: string };
};

/** Answers by their HTTP status. */
export type Replies = { [status: number]: Reply };

/** What a route takes and gives: `route()` checks requests by it, and `/api/openapi.json` tells it. */
export type Contract<Params, Query, Body, Answers extends Replies = Replies> = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With names in braces: `/api/servers/{server}/findings`. */
  path: `/${string}`;
  /** What it is called in lists: a noun or a verb with its object. */
  title: string;
  /** What it does or gives, in one or two sentences. */
  summary: string;
  /** `open`: nobody has to be recognised. */
  role: Role | 'open';
  /** `filtered`: the handler leaves out what belongs to databases that the user may not see; else one has to be named. */
  databases?: 'filtered';
  /** It asks much of the watched server, of the history or of others: few at once. */
  heavy?: boolean;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  /** The query where it hangs on the path: `query` tells of all of them then. */
  queryOf?: (params: Params) => z.ZodType<Query>;
  body?: z.ZodType<Body>;
  answers: Answers;
  /** What failures mean that not every route has, by HTTP status; all have the one error shape. */
  failures?: { [status: number]: string };
};

/** Declares a contract; only there so that TypeScript infers its input and its answers. */
export function defineContract<
  Params = Record<string, string>,
  Query = Record<string, string>,
  Body = undefined,
  const Answers extends Replies = Replies,
>(contract: Contract<Params, Query, Body, Answers>): Contract<Params, Query, Body, Answers> {
  return contract;
}

// biome-ignore lint/suspicious/noExplicitAny: inputs of shapes of its own
export type AnyContract = Contract<any, any, any>;

/** What a handler may give: the JSON of one of its answers, or a `Response` that it made itself. */
export type Told<Answers extends Replies> =
  | Response
  | {
      [Status in keyof Answers]: Answers[Status] extends { json: infer Shape extends z.ZodType }
        ? z.output<Shape>
        : never;
    }[keyof Answers];
