import type { Run } from '@/lib/actions/protocol';
import { isMoving } from '@/lib/client/queries';
import { list, plural } from '@/lib/format';
import type { Schedule } from '@/lib/schedules/shapes';

const rank = { running: 0, queued: 1, awaiting_approval: 2 } as Record<string, number>;

/** The runs that are not over: those that run, then the queue in its order, then those that wait for a second person. */
export function movingRuns(runs: Run[]): Run[] {
  return runs
    .filter(isMoving)
    .toSorted(
      (a, b) =>
        (rank[a.status] ?? 0) - (rank[b.status] ?? 0) ||
        (a.queuePosition ?? 0) - (b.queuePosition ?? 0) ||
        a.startedAt.localeCompare(b.startedAt) ||
        a.runId.localeCompare(b.runId),
    );
}

/** The runs that are over. */
export function endedRuns(runs: Run[]): Run[] {
  return runs.filter((run) => !isMoving(run));
}

/** The page in a sentence: what runs and waits, and how it went so far. */
export function maintenanceSentence(runs: Run[]): string {
  const count = (status: Run['status']) => runs.filter((run) => run.status === status).length;
  const [running, queued, awaiting] = [count('running'), count('queued'), count('awaiting_approval')];
  const lost = runs.filter((run) => run.status === 'unknown' && isMoving(run)).length;
  const now = [
    running > 0 ? plural(running, 'run is under way', 'runs are under way') : 'Nothing is under way',
    queued > 0 ? plural(queued, 'waits for its turn', 'wait for their turn') : undefined,
    lost > 0 ? plural(lost, 'is looked for on the server', 'are looked for on the server') : undefined,
    awaiting > 0 ? plural(awaiting, 'waits for a second person', 'wait for a second person') : undefined,
  ].filter((part) => part !== undefined);
  const ended = endedRuns(runs);
  const bad = ended.filter((run) => run.status === 'failed' || run.status === 'unknown').length;
  const past =
    ended.length === 0
      ? 'No run has ended yet.'
      : bad === 0
        ? `${plural(ended.length, 'recent run')}; none failed.`
        : `${plural(ended.length, 'recent run')}; ${bad} failed or ${bad === 1 ? 'has' : 'have'} no known outcome.`;
  return `${list(now, now.length)}. ${past}`;
}

/** What a run changed, in one line: `Size 3.1 GB → 1.2 GB`; undefined where it tells no figures. */
export function figuresWords({ figures }: Pick<Run, 'figures'>): string | undefined {
  const shown = figures?.filter(({ before, after }) => before !== null || after !== null) ?? [];
  return shown.length > 0
    ? shown.map(({ label, before, after }) => `${label} ${before ?? '–'} → ${after ?? '–'}`).join(', ')
    : undefined;
}

/** The panel of schedules in a sentence. */
export function schedulesSentence(schedules: Schedule[]): string {
  if (schedules.length === 0) return 'Actions that run by themselves at times of their own.';
  const off = schedules.filter(({ enabled }) => !enabled).length;
  const missed = schedules.filter((schedule) => schedule.missed !== null && schedule.missed.count > 0).length;
  return [
    plural(schedules.length, 'schedule'),
    off > 0 ? `${off} off` : undefined,
    missed > 0 ? `${missed} with missed runs` : undefined,
  ]
    .filter(Boolean)
    .join(', ')
    .concat('.');
}
