import { randomBytes } from 'node:crypto';
import type { Answer, Raw } from '@/lib/topics/topic';
import { type Body, bodyFrom, withBody } from './encoding';

/** What was written of rows: their text, what stands for it, and the whole body as it was last. */
type Written = { rows: string; tag: string; last?: { envelope: string; body: Body } };

const written = new WeakMap<Raw[], Written>();
/** Numbers of another start of pgdeck are of other rows. */
const started = randomBytes(6).toString('base64url');
let count = 0;

/**
 * The response to somebody who reads a topic. Ages are told in whole seconds: all who may see the same rows and ask in the
 * same second get the same body, which is written and compressed once. Its ETag stands for all but the age, which
 * `X-Age-Seconds` tells: also with 304, where the body is the one that the client has.
 */
export async function snapshotAnswer(request: Request, answer: Answer): Promise<Response | Answer> {
  if (answer.status !== 'ok') return answer;
  const { rows, ...envelope } = { ...answer, ageSeconds: Math.round(answer.ageSeconds) };
  let kept = written.get(rows);
  if (!kept) {
    kept = { rows: JSON.stringify(rows), tag: `${started}-${++count}` };
    written.set(rows, kept);
  }
  // What was does not come again: it is read from the store each time.
  const headers: Record<string, string> =
    answer.at === undefined
      ? { etag: `W/"${kept.tag}-${Date.parse(answer.sampledAt)}"`, 'x-age-seconds': String(envelope.ageSeconds) }
      : {};
  if (headers.etag && isKnown(headers.etag, request)) return new Response(null, { status: 304, headers });
  const told = JSON.stringify(envelope);
  if (kept.last?.envelope !== told)
    kept.last = { envelope: told, body: bodyFrom(`{"rows":${kept.rows},${told.slice(1)}`) };
  return withBody(kept.last.body, request, headers);
}

/** Whether a client has what a tag stands for (RFC 9110, 13.1.2): any of its tags, compared without regard to W/. */
export function isKnown(etag: string, request: Request): boolean {
  const plain = (tag: string) => tag.trim().replace(/^W\//, '');
  const known = request.headers.get('if-none-match') ?? '';
  return known.split(',').some((tag) => plain(tag) === plain(etag));
}
