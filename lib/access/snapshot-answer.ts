import { randomBytes } from 'node:crypto';
import type { Answer, Raw } from '@/lib/topics/topic';
import { encodingFor, json, SharedStart } from './encoding';

type Written = { start: SharedStart; tag: string };

const written = new WeakMap<Raw[], Written>();
/** Numbers of another start of pgdeck are of other rows. */
const started = randomBytes(6).toString('base64url');
let count = 0;

/**
 * The response to somebody who reads a topic: its rows, which are the same for all who may see the same, are written and
 * compressed once. Its ETag stands for all but the age, which `X-Age-Seconds` tells: also with 304, where the body is the
 * one that the client has.
 */
export async function snapshotAnswer(request: Request, answer: Answer): Promise<Response | Answer> {
  if (answer.status !== 'ok') return answer;
  const { rows, ...envelope } = answer;
  let kept = written.get(rows);
  if (!kept) {
    kept = { start: new SharedStart(`{"rows":${JSON.stringify(rows)},`), tag: `${started}-${++count}` };
    written.set(rows, kept);
  }
  // What was does not come again: it is read from the store each time.
  const headers: Record<string, string> =
    answer.at === undefined
      ? { etag: `W/"${kept.tag}-${Date.parse(answer.sampledAt)}"`, 'x-age-seconds': String(answer.ageSeconds) }
      : {};
  if (headers.etag && isKnown(headers.etag, request)) return new Response(null, { status: 304, headers });
  const { body, encoding } = await kept.start.with(JSON.stringify(envelope).slice(1), encodingFor(request));
  return json(body, encoding, headers);
}

/** Whether a client has what a tag stands for (RFC 9110, 13.1.2): any of its tags, compared without regard to W/. */
export function isKnown(etag: string, request: Request): boolean {
  const plain = (tag: string) => tag.trim().replace(/^W\//, '');
  const known = request.headers.get('if-none-match') ?? '';
  return known.split(',').some((tag) => plain(tag) === plain(etag));
}
