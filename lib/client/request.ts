import { withBasePath } from './base-path';
import { type Sender, senderOf } from './bearer';
import { heldAnswer, hold, withAge } from './held-answers';
import { noteRefusal } from './refusal';

/** A failure that pgdeck answered with, or that kept it from answering (`status` 0). */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId?: string,
    readonly field?: string,
    /** After how many seconds it may be asked again, where pgdeck said so. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

type Failure = { error?: { code?: string; message?: string; requestId?: string; field?: string } };

/** The JSON of one of pgdeck's own paths; throws `RequestError` for everything but a 2xx answer. */
export async function request<T>(
  path: string,
  init: {
    method?: 'PATCH' | 'DELETE';
    body?: unknown;
    signal?: AbortSignal;
    /** Nobody has to be recognised. */
    open?: boolean;
  } = {},
): Promise<T> {
  const sender: Sender = init.open ? { headers: {}, credentials: 'omit' } : senderOf();
  if (sender === 'ended') throw new RequestError(401, 'session_expired', 'The session of this frame has ended.');
  const held = init.body === undefined && init.method === undefined ? heldAnswer<T>(path) : undefined;
  let response: Response;
  try {
    response = await fetch(withBasePath(path), {
      method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
      credentials: sender.credentials,
      headers: {
        ...sender.headers,
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...(held && { 'if-none-match': held.tag }),
      },
      ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
      ...(init.signal && { signal: init.signal }),
      cache: 'no-store',
    });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new RequestError(0, 'no_answer', 'pgdeck does not answer.');
  }
  if (response.status === 304 && held) return withAge(held.value, response.headers);
  const value = (await response.json().catch(() => undefined)) as T & Failure;
  if (response.ok && value !== undefined) return hold(path, response.headers, value);
  const { code = 'internal', message = `pgdeck answered ${response.status}.`, requestId, field } = value?.error ?? {};
  noteRefusal(response.status, code);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw new RequestError(
    response.status,
    code,
    message,
    requestId,
    field,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}

/** A path with its query; empty and missing values are left out. */
export function withQuery(path: string, query: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
