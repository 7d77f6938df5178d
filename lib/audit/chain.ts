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
  lines.forEach((line, index) => {
    const at = (why: string) => breaks.push({ file, line: index + 1, why });
    let entry: { seq?: unknown; prev?: unknown };
    try {
      entry = JSON.parse(line);
    } catch {
      at('not JSON');
      return;
    }
    if (entry.prev !== end.hash) at('does not follow the line before it');
    else if (entry.seq !== end.seq + 1) at('is out of sequence');
    end = { seq: typeof entry.seq === 'number' ? entry.seq : end.seq + 1, hash: hashOf(line) };
  });
  return { end, breaks, torn: last ? Buffer.byteLength(rest) : before.torn };
}
