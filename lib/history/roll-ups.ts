import type { HistoryConfig } from '@/lib/config';
import { type RollUp, rollUps } from './roll-up';
import type { Run, Store } from './store';

/** How long each level is kept. */
type Kept = Pick<HistoryConfig, 'rawDays' | 'minuteDays' | 'hourDays'>;

/** What rolling up needs of the store. */
export type RollUpStore = Pick<Store, 'transaction' | 'now'>;

/** Samples that come later than this are late: they lower the watermarks, and what they belong to is rolled up again. */
export const settleSeconds = 30;

const daySeconds = 86_400;
const longestMs = 60_000;
const down = (at: number, width: number) => Math.floor(at / width) * width;
const moment = (seconds: number) => new Date(seconds * 1000).toISOString();

/**
 * Rolls up what is closed, oldest first, one bounded stretch in each transaction; ends when all is done or `until` says
 * that it is time to. Answers whether something is left. Any number of instances may do it: the watermark's row lets
 * one at a time through, and doing a stretch twice changes nothing.
 */
export async function rollUp(store: RollUpStore, config: Kept, until: () => boolean = () => false): Promise<boolean> {
  for (const each of rollUps)
    for (let more = true; more; ) {
      if (until()) return true;
      more = await store.transaction((run) => advance(run, each, store.now() / 1000, config));
    }
  return false;
}

async function advance(run: Run, rollUp: RollUp, now: number, config: Kept): Promise<boolean> {
  const limit = down(
    rollUp.after ? ((await mark(run, rollUp.after)) ?? 0) : now - rollUp.sampleSeconds - settleSeconds,
    rollUp.seconds,
  );
  const upto = (await mark(run, rollUp.id, 'for update')) ?? (await firstMark(run, rollUp, limit));
  // What retention has dropped is not walked through.
  const keptDays = { raw: config.rawDays, minute: config.minuteDays, hour: config.hourDays }[rollUp.level] + 2;
  const from = down(Math.max(upto, now - keptDays * daySeconds), rollUp.seconds);
  if (from >= limit) {
    // The clock was set back: what is written from now on would else be taken for rolled up.
    if (upto > limit) await setMark(run, rollUp.id, limit);
    return false;
  }
  const to = Math.min(limit, from + rollUp.stepSeconds);
  await run(`set local statement_timeout = ${longestMs}`, [], { prepared: false });
  await run(rollUp.sql, [moment(from), moment(to)], { prepared: false, timeoutMs: longestMs + 5000 });
  await setMark(run, rollUp.id, to);
  return to < limit;
}

async function setMark(run: Run, id: string, upto: number): Promise<void> {
  await run('update /* pgdeck:roll-up */ pgdeck.watermark set upto = $2::timestamptz where rollup = $1', [
    id,
    moment(upto),
  ]);
}

async function mark(run: Run, id: string, lock = ''): Promise<number | undefined> {
  const [row] = await run<{ upto: number }>(
    `select /* pgdeck:roll-up */ extract(epoch from w.upto)::float8 as upto from pgdeck.watermark as w where w.rollup = $1 ${lock}`,
    [id],
  );
  return row?.upto;
}

/** The first time: from the oldest row that there is. */
async function firstMark(run: Run, { id, from, seconds }: RollUp, limit: number): Promise<number> {
  const [row] = await run<{ oldest: number | null }>(
    `select /* pgdeck:roll-up */ extract(epoch from min(r.ts))::float8 as oldest from pgdeck.${from} as r`,
  );
  const oldest = down(Math.min(row?.oldest ?? limit, limit), seconds);
  await run(
    `insert /* pgdeck:roll-up */ into pgdeck.watermark (rollup, upto) values ($1, $2::timestamptz)
on conflict (rollup) do nothing`,
    [id, moment(oldest)],
  );
  return oldest;
}

/**
 * Lets everything from `oldest` (epoch seconds) on be rolled up again; for the transaction that writes samples which
 * come late. It waits for a roll-up that is just running: that one did not see them.
 */
export async function lowerWatermarks(run: Run, oldest: number): Promise<void> {
  await run(
    'update /* pgdeck:store */ pgdeck.watermark set upto = least(upto, $1::timestamptz) where rollup is not null',
    [moment(oldest)],
  );
}
