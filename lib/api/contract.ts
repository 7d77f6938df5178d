import type { z } from 'zod';
import type { Role } from '@/lib/config-access';

/** One answer of a route: JSON of a shape, or text of a media type; `what` says in a sentence what it is. */
export type Reply = { what: string; json: z.ZodType } | { what: string; media: string };

/** What a route takes and gives: `route()` checks requests by it, and `/api/openapi.json` tells it. */
export type Contract<Params, Query, Body> = {
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
  body?: z.ZodType<Body>;
  /** By HTTP status; failures all have the one error shape and are not listed. */
  answers: { [status: number]: Reply };
};

/** Declares a contract; only there so that TypeScript infers its input. */
export function defineContract<Params = Record<string, string>, Query = Record<string, string>, Body = undefined>(
  contract: Contract<Params, Query, Body>,
): Contract<Params, Query, Body> {
  return contract;
}

// biome-ignore lint/suspicious/noExplicitAny: inputs of shapes of its own
export type AnyContract = Contract<any, any, any>;
