import type { PastRun, Preview, Run, RunProgress } from '@/lib/actions/protocol';
import type { TargetKind } from '@/lib/actions/target';
import { bytes, count, durationInWords, exact, percent } from '@/lib/format';
import { visible } from '../ui/highlight';
import type { State } from '../ui/state';

/** A question without its mark: what was asked for. */
export function statement(question: string): string {
  return question.replace(/\?\s*$/, '');
}

/** The button that acts: the question of the title without its mark, `Terminate session 4711`. */
export function actingWords(preview: Preview): string {
  return statement(preview.title);
}

/** The button that leaves everything as it is. */
export function safeWords(kind: TargetKind): string {
  return kind === 'backend' ? 'Keep session' : kind === 'backends' ? 'Keep sessions' : 'Not now';
}

/** A noun with its article: `a table`, `an index`. */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** A text to be typed, its line breaks as signs: a label of one line would hide them. */
export function typedWords(text: string): string {
  return visible(text).replace(/\s*\n\s*/g, ' ⏎ ');
}

/** How a run's outcome is marked. */
export function runState(run: Pick<Run, 'status'>): State {
  switch (run.status) {
    case 'done':
      return 'ok';
    case 'failed':
      return 'critical';
    case 'queued':
    case 'awaiting_approval':
    case 'running':
    case 'unknown':
      return 'unknown';
    default:
      return 'warning';
  }
}

/** A run's status in words. */
export function runWord(status: Run['status']): string {
  return {
    queued: 'Waits for its turn',
    awaiting_approval: 'Waits for a second person',
    running: 'Running',
    done: 'Done',
    done_with_warnings: 'Done, with warnings',
    nothing_done: 'Nothing done',
    failed: 'Failed',
    cancelled: 'Cancelled',
    unknown: 'Outcome unknown',
  }[status];
}

/** How the statement is sent: as whom, guarded how, and whether in a transaction block. */
export function sendingWords(preview: Preview): string {
  const facts = [
    preview.locks.length === 0 ? 'Takes no lock' : undefined,
    `runs as ${preview.role}`,
    preview.inTransaction ? undefined : 'in a transaction: no',
  ];
  return `${facts.filter(Boolean).join(' · ')}. ${preview.guard}`;
}

const counted = (value: number, unit: RunProgress['unit']) =>
  unit === 'bytes' ? bytes(value) : value < 1_000_000 ? exact(value) : count(value);

/** How far a phase is: `1,240 of 30,000 blocks (4 %)`; undefined where PostgreSQL does not count it. */
export function doneWords({ done, total, unit, fraction }: RunProgress): string | undefined {
  const noun = unit === null || unit === 'bytes' ? '' : ` ${unit}`;
  if (done === null) return fraction === null ? undefined : percent(fraction);
  if (total === null) return `${counted(done, unit)}${noun}`;
  const share = fraction === null ? '' : ` (${percent(fraction)})`;
  return `${counted(done, unit)} of ${counted(total, unit)}${noun}${share}`;
}

/** How fast it goes: `300 blocks/s`; undefined where that is not known. */
export function rateWords({ ratePerSecond, unit }: RunProgress): string | undefined {
  if (ratePerSecond === null) return undefined;
  if (unit === 'bytes') return `${bytes(Math.round(ratePerSecond))}/s`;
  return `${count(ratePerSecond)}${unit ? ` ${unit}` : ''}/s`;
}

/** How long it still takes, as a band: `2 to 3 min left`; undefined where that cannot be told. */
export function leftWords({ etaSeconds }: RunProgress): string | undefined {
  if (!etaSeconds) return undefined;
  const low = durationInWords(Math.round(etaSeconds.low));
  const high = durationInWords(Math.round(etaSeconds.high));
  return low === high ? `about ${low} left` : `${low} to ${high} left`;
}

/** What a run does in one line of a list: its step and phase. */
export function phaseWords({ step, phase }: RunProgress): string {
  return step && step.count > 1 ? `Step ${step.index} of ${step.count}, ${phase}` : phase;
}

/** How an earlier run went: how long it took, and for how much. */
export function pastWords({ ms, bytes: size }: PastRun): string {
  const took = durationInWords(ms / 1000);
  return size === null ? took : `${took} for ${bytes(size)}`;
}

/** How long a run took, in seconds; undefined while it runs. */
export function tookSeconds({ startedAt, endedAt }: Pick<Run, 'startedAt' | 'endedAt'>): number | undefined {
  return endedAt === null ? undefined : Math.max(0, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
}

/** Whether the result was seen on the server; what failed or was cancelled has none to wait for. */
export function seenWords({ status, verified }: Pick<Run, 'status' | 'verified'>): string | undefined {
  if (verified === true) return 'verified on the server';
  const claims = status === 'done' || status === 'done_with_warnings';
  return claims && verified === false ? 'not seen on the server yet' : undefined;
}
