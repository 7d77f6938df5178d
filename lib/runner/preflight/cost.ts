import type { Plan } from '@/lib/actions/action';
import type { Fact, PastRun } from '@/lib/actions/protocol';
import { bytes, durationInWords, figure, milliseconds, plural } from '@/lib/format';

const megabyte = 1024 * 1024;

/** What a plan reads and writes, how much WAL and disk that takes, and about how long by earlier runs of the action. */
export function costs({ work }: Plan, past: PastRun[] | undefined): Fact[] {
  const facts: Fact[] = [];
  if (work) {
    facts.push({ label: 'Reads', value: about(work.readBytes) }, { label: 'Writes', value: about(work.writeBytes) });
    if (work.walBytes !== undefined) facts.push({ label: 'WAL', value: about(work.walBytes) });
    if (work.writeBytes >= megabyte)
      facts.push({
        label: 'Disk',
        value: `${about(work.writeBytes + (work.walBytes ?? 0))} more while it runs; PostgreSQL does not tell how much is free`,
      });
  }
  facts.push({ label: 'Time', value: time(work?.readBytes, past) });
  return facts;
}

function about(size: number): string {
  return size <= 0 ? 'next to nothing' : `about ${bytes(size)}`;
}

function time(size: number | undefined, past: PastRun[] | undefined): string {
  if (!past) return 'not known: the audit could not be read';
  if (past.length === 0) return 'not known: there is no earlier run of it on this server';
  const runs = plural(past.length, 'earlier run');
  // A second run of a very small relation tells nothing of a large one.
  const paces = past
    .filter((run): run is PastRun & { bytes: number } => run.bytes !== null && run.bytes >= megabyte)
    .map((run) => run.ms / (run.bytes / megabyte))
    .sort((one, other) => one - other);
  const [fastest, slowest] = [paces[0], paces.at(-1)];
  if (size !== undefined && size >= megabyte && fastest !== undefined && slowest !== undefined) {
    const middle = (paces[Math.floor(paces.length / 2)] as number) * (size / megabyte);
    return `about ${durationInWords(middle / 1000)}: ${plural(paces.length, 'earlier run')} took ${band(figure(fastest), figure(slowest))} ms per MB`;
  }
  const took = past.map(({ ms }) => ms).sort((one, other) => one - other);
  return `${runs} took ${band(milliseconds(took[0] as number), milliseconds(took.at(-1) as number))}${size === undefined ? '' : ', of other sizes'}`;
}

function band(least: string, most: string): string {
  return least === most ? least : `${least} to ${most}`;
}
