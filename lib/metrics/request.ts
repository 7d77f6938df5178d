import { AsyncLocalStorage } from 'node:async_hooks';

/** What is measured while one HTTP request is answered; times in milliseconds. */
export type RequestContext = {
  requestId: string;
  /** The path of the route's contract; empty where the path or its method is not one of pgdeck's. */
  route: string;
  startedAt: number;
  queries: number;
  queryMs: number;
};

const key = Symbol.for('pgdeck.requests');
const shared = globalThis as { [key]?: AsyncLocalStorage<RequestContext> };

shared[key] ??= new AsyncLocalStorage<RequestContext>();

/** The context of the request being answered; one for both module graphs of the process (launcher and Next). */
export const requests: AsyncLocalStorage<RequestContext> = shared[key];
