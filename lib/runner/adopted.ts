import type { Judgement, Row } from '@/lib/actions/action';
import type { Work } from './draft';
import { type Came, notSent } from './follow';
import type { Job, Outcome } from './job';
import { judged, soFar } from './run-work';

const verifyForMs = 3000;

/** What became of a run whose session is gone, by what the catalog shows: what cannot be known is `unknown`. */
export async function judgeAdopted(job: Job, work: Work, before: Row | undefined, came: Came): Promise<Outcome> {
  const { action, plan } = work;
  // What was read before was written down as JSON; what is read now has to look the same.
  let after: string | undefined;
  const told: Work = {
    ...work,
    action: {
      ...action,
      judge: (was, now, given) => {
        after = JSON.stringify(now ?? null);
        return action.judge(was, plain(now), given);
      },
    },
  };
  const shown = await judged(job, told, work.given, before, came.cancelled ? 0 : verifyForMs);
  const warnings = unsent(plan.steps.length, came.reached);
  if (!shown)
    return {
      status: 'unknown',
      message: 'pgdeck was ended while this ran; its session is gone, and the result could not be read.',
      verified: null,
      warnings,
    };
  if (shown.done && !shown.partial) return finished(shown, warnings);
  const left = {
    ...(shown.next && { next: shown.next }),
    ...(shown.figures && { figures: shown.figures }),
    warnings: [...warnings, ...(shown.warnings ?? [])],
  };
  if (came.cancelled)
    return {
      status: 'cancelled',
      message: soFar(`${action.not} ${came.why}`, shown),
      verified: false,
      ...left,
    };
  // One statement that is done as a whole or not at all, and nothing is changed.
  if (action.run === 'transactional' && plan.steps.length === 1 && after === JSON.stringify(before ?? null))
    return {
      status: 'nothing_done',
      message: `${action.not} pgdeck was ended while this ran; its session is gone and nothing is changed.`,
      verified: false,
      ...left,
    };
  return {
    status: 'unknown',
    message: shown.done
      ? soFar('pgdeck was ended while this ran; its session is gone.', shown)
      : `pgdeck was ended while this ran; its session is gone, and the catalog does not show the result.${shown.next ? ' It left something behind.' : ''}`,
    verified: null,
    ...left,
  };
}

function finished(shown: Judgement, warnings: string[]): Outcome {
  return {
    ...shown,
    status: 'done_with_warnings',
    verified: true,
    warnings: [
      'pgdeck was ended while it ran; the catalog shows that the server finished it.',
      ...warnings,
      ...(shown.warnings ?? []),
    ],
  };
}

/** What is known of the statements that pgdeck could not send any more. */
function unsent(count: number, reached: number | undefined): string[] {
  if (count === 1 || reached !== undefined) return notSent(count, reached ?? 1);
  return [
    `These are ${count} statements, sent one after the other: those that had not been sent when pgdeck was ended never ran, and how many that are is not known.`,
  ];
}

function plain(row: Row | undefined): Row | undefined {
  return row && (JSON.parse(JSON.stringify(row)) as Row);
}
