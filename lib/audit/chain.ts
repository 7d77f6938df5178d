import { createHash } from 'node:crypto';

/** What the first line of a chain names as its predecessor. */
export const chainStart = '0'.repeat(64);

/** The hash of a line (without its newline), which the next line carries as `prev`. */
export function hashOf(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

/** Where a chain stands: the number of its last line and that line's hash. */
export type ChainEnd = { seq: number; hash: string };

/** A place where the chain does not hold. */
export type Break = { file: string; line: number; why: string };

/** What is known of an audit after reading it: its end, its breaks, and the bytes of an unfinished last line. */
export type Verified = { end: ChainEnd; breaks: Break[]; torn: number };

/**
 * Continues the verification of a chain over one file's text. An unfinished line was never part of the chain: `torn` tells
 * its bytes at the end of the `last` file, where nothing may be appended.
 */
export function verifyText(text: string, file: string, last: boolean, before: Verified): Verified {
  const { breaks } = before;
  let { end } = before;
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  for (const [index, line] of lines.entries()) {
    const entry = linkOf(line);
    const why = entry ? wrongIn(entry, end) : 'not JSON';
    if (why) breaks.push({ file, line: index + 1, why });
    if (!entry) continue;
    end = { seq: typeof entry.seq === 'number' ? entry.seq : end.seq + 1, hash: hashOf(line) };
  }
  return { end, breaks, torn: last ? Buffer.byteLength(rest) : before.torn };
}

function linkOf(line: string): { seq?: unknown; prev?: unknown } | undefined {
  try {
    const entry = JSON.parse(line) as unknown;
    return typeof entry === 'object' && entry !== null ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with a line after the one that ends the chain so far; undefined where it follows. */
function wrongIn({ seq, prev }: { seq?: unknown; prev?: unknown }, end: ChainEnd): string | undefined {
  const next = end.seq + 1;
  if (prev === end.hash) return seq === next ? undefined : 'is out of sequence';
  if (typeof seq !== 'number' || seq === next) return 'does not follow the line before it';
  if (seq > next)
    return seq === next + 1
      ? `line number ${next} is missing before it`
      : `lines number ${next} to ${seq - 1} are missing before it`;
  return `is out of order: number ${seq} after number ${end.seq}`;
}
