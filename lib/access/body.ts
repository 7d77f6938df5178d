import { ApiError, badInput } from './errors';

/** The largest request body that is taken, in bytes. */
export const bodyLimit = 256 * 1024;

const mostLevels = 32;

/**
 * The JSON body of a request, or undefined where it is empty; counted as it streams and dropped at 256 KB (413), so that
 * a chunked one is never held whole. Anything but JSON is 415, text that is not JSON 400.
 */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new ApiError(415, 'unsupported_media_type', 'Send the body as application/json.');
  const tooLarge = () =>
    new ApiError(413, 'too_large', 'The body is larger than 256 KB.', undefined, { connection: 'close' });
  if (Number(request.headers.get('content-length') ?? 0) > bodyLimit) throw tooLarge();
  if (!request.body) return undefined;
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > bodyLimit) {
      reader.cancel().catch(() => {});
      throw tooLarge();
    }
    chunks.push(value);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return undefined;
  const body = parsed(text);
  if (isDeep(body)) throw badInput('The body is nested too deeply.', 'body');
  return body;
}

/** Throws 400 for values with the character NUL: PostgreSQL has it in no text, and where a session begins it ends a value. */
export function refuseNul(values: unknown): void {
  for (const [field, value] of Object.entries(values ?? {}))
    if (holdsNul(value)) throw badInput(`${field} must not hold the character NUL.`, field);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badInput('The body is not JSON.', 'body');
  }
}

/** Whether there are more levels than anybody has a use for: what looks through a value has only so much stack. */
function isDeep(body: unknown): boolean {
  let level = [body];
  for (let depth = 0; depth < mostLevels; depth++)
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  return level.length > 0;
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, each]) => name.includes('\0') || holdsNul(each));
}
