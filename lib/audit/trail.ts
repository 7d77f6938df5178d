import type { Run } from '@/lib/history/store';
import type { Audit } from './audit';
import { hashOf } from './chain';

/** Under which name the store keeps the lines of an audit, and the last number of them that it has. */
export type Trail = { name: string; upto: number };

const mostForks = 100;

/**
 * Where the copies of an audit stand; undefined while the audit has no line. An audit is known by its first line. One that
 * is not what was copied any more (its folder came back from a backup) goes on under a name of its own, from where the two
 * part.
 */
export async function trailOf(audit: Audit, run: Run): Promise<Trail | undefined> {
  const [first] = await audit.after(0, 1);
  if (!first) return undefined;
  const base = hashOf(first.line).slice(0, 32);
  let parted = 0;
  for (let fork = 1; fork <= mostForks; fork++) {
    const name = fork === 1 ? base : `${base}-${fork}`;
    const newest = await newestOf(run, name);
    if (newest === 0) return { name, upto: parted };
    if (await isSame(audit, run, name, newest)) return { name, upto: newest };
    parted = await lastInCommon(audit, run, name, parted, newest);
  }
  throw new Error('the audit was put back from a backup too often');
}

async function newestOf(run: Run, trail: string): Promise<number> {
  const [row] = await run<{ seq: number }>(
    'select /* pgdeck:audit */ coalesce(max(c.seq), 0)::float8 as seq from pgdeck.audit_copy as c where c.trail = $1',
    [trail],
  );
  return row?.seq ?? 0;
}

/** Whether the line of a number is the same here and in the store. */
async function isSame(audit: Audit, run: Run, trail: string, seq: number): Promise<boolean> {
  const [here] = await audit.after(seq - 1, 1);
  if (here?.entry.seq !== seq) return false;
  const [there] = await run<{ line: string }>(
    'select /* pgdeck:audit */ c.line from pgdeck.audit_copy as c where c.trail = $1 and c.seq = $2',
    [trail, seq],
  );
  return there?.line === here.line;
}

/** Lines hang together: where one is the same, so are all before it. A fork only holds those after it parted, at `known`. */
async function lastInCommon(audit: Audit, run: Run, trail: string, known: number, newest: number): Promise<number> {
  let [same, other] = [known, Math.max(known, newest)];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (await isSame(audit, run, trail, middle)) same = middle;
    else other = middle;
  }
  return same;
}
