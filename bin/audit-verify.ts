import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type AuditReport, verifyAudit } from '@/lib/audit/verify';
import { stateFolder } from '@/lib/config';
import { LaunchError } from './launch-error';

/** What the command is told; `say` gets each line of its report. */
export type VerifyOptions = {
  /** The state folder; missing: the one of PGDECK_STATE_DIR. */
  stateDir?: string | undefined;
  /** The hash of a line that was there once and has to be there still. */
  head?: string | undefined;
  say?: (line: string) => void;
};

const mostBreaks = 50;
const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/**
 * Checks the chain of an audit, also while pgdeck runs; writes nothing. The exit code is 0 where it holds and 1 where it
 * does not. Throws `LaunchError` where there is no audit, or where it cannot be read.
 */
export async function run({ stateDir, head, say = console.log }: VerifyOptions): Promise<number> {
  const folder = join(stateDir === undefined ? stateFolder(process.env) : resolve(stateDir), 'audit');
  if (head !== undefined && !/^[0-9a-f]{64}$/.test(head))
    throw new LaunchError(
      '--head takes the hash of a line: 64 hexadecimal digits, as this command tells the last one.',
    );
  if (!existsSync(folder))
    throw new LaunchError(
      `There is no audit in ${folder}. Name the state folder of the pgdeck that wrote it with --state-dir or PGDECK_STATE_DIR.`,
    );
  const report = await verifyAudit(folder, head).catch((error: NodeJS.ErrnoException) => {
    throw new LaunchError(`The audit in ${folder} cannot be read${error.code ? ` (${error.code})` : ''}.`);
  });
  return tell(report, folder, say);
}

function tell(report: AuditReport, folder: string, say: (line: string) => void): number {
  const { files, lines, breaks, unfinished, end, headFound } = report;
  say(`${folder}: ${count(lines, 'line')} in ${count(files, 'file')}`);
  for (const { file, line, why } of breaks.slice(0, mostBreaks)) say(`  broken   ${file}, line ${line}: ${why}`);
  if (breaks.length > mostBreaks) say(`  broken   ${breaks.length - mostBreaks} more`);
  for (const { file, bytes } of unfinished)
    say(`  note     ${file}: the last line has no end (${count(bytes, 'byte')}): cut short once, or being written now`);
  if (headFound === false)
    say('  broken   no line has the hash of --head: lines were taken away, or it is another audit');
  if (lines > 0) say(`  last     number ${end.seq}, hash ${end.hash}`);
  const holds = breaks.length === 0 && headFound !== false;
  say(
    holds
      ? 'The chain holds: no line was changed, added, removed or moved. Keep the last hash elsewhere (--head checks it): it shows lines that are taken from the end.'
      : 'The chain does not hold: files were changed.',
  );
  return holds ? 0 : 1;
}
