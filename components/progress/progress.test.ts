import { describe, expect, it } from 'vitest';
import { addSamples, estimate, type ProgressRow, type Sample, stalledSeconds } from './eta';
import { commandWords, doneWords, leftWords, progressSentence, rateWords, runOf } from './summary';

function row(change: Partial<ProgressRow> = {}): ProgressRow {
  return {
    pid: 77,
    backend_start_us: '1795224700218344',
    query_start_us: '1795224700218345',
    command: 'CREATE INDEX',
    phase: 'building index',
    done: 100,
    total: 1000,
    unit: 'blocks',
    done_ratio: 0.1,
    datname: 'shop',
    relation: 'public.orders',
    relation_oid: 16400,
    index_relation: 'orders_idx',
    waits_for_pid: null,
    autovacuum: false,
    usename: 'deploy',
    application_name: 'flyway',
    backend_type: 'client backend',
    wait_event_type: null,
    wait_event: null,
    running_seconds: 12,
    query: 'create index',
    done_per_second: null,
    ...change,
  };
}

const steady = (perSecond: number, count = 11): Sample[] =>
  Array.from({ length: count }, (_, at) => ({ at: 1000 + at * 2, done: at * 2 * perSecond }));

describe('how long it still takes', () => {
  it('is known from a few samples, with a band of a tenth at least', () => {
    const left = estimate(steady(10), 1000);
    expect(left?.perSecond).toBeCloseTo(10);
    expect(left?.seconds).toBeCloseTo(80);
    expect(left?.from).toBeCloseTo(80 / 1.1);
    expect(left?.to).toBeCloseTo(88);
  });

  it('has a wider band where the rate is uneven', () => {
    const uneven: Sample[] = [];
    let done = 0;
    for (let at = 0; at <= 16; at++) {
      uneven.push({ at: at * 2, done });
      done += at % 4 < 2 ? 40 : 4;
    }
    const left = estimate(uneven, 5000);
    expect(left).toBeDefined();
    if (!left) return;
    expect(left.to / left.from).toBeGreaterThan(1.5);
    expect(left.from).toBeLessThan(left.seconds);
    expect(left.to).toBeGreaterThan(left.seconds);
  });

  it('is not said too early, without a total or without progress', () => {
    expect(estimate([], 10)).toBeUndefined();
    expect(estimate(steady(10, 2), 1000)).toBeUndefined();
    expect(estimate(steady(10), null)).toBeUndefined();
    expect(estimate(steady(0), 1000)).toBeUndefined();
    expect(stalledSeconds([...steady(10, 3), { at: 1010, done: 40 }, { at: 1014, done: 40 }])).toBe(10);
  });

  it('starts anew with the phase and with less done', () => {
    let samples = addSamples(new Map(), [row({ done: 10 })], 1);
    samples = addSamples(samples, [row({ done: 20 })], 3);
    expect([...samples.values()][0]).toHaveLength(2);
    samples = addSamples(samples, [row({ done: 20 })], 3);
    expect([...samples.values()][0]).toHaveLength(2);
    samples = addSamples(samples, [row({ done: 5 })], 5);
    expect([...samples.values()][0]).toEqual([{ at: 5, done: 5 }]);
    samples = addSamples(samples, [row({ phase: 'another' })], 7);
    expect(samples.size).toBe(1);
    expect([...samples.values()][0]).toHaveLength(1);
    expect(addSamples(samples, [], 9).size).toBe(0);
  });
});

describe('the words', () => {
  it('tells what runs and who waits', () => {
    expect(progressSentence([])).toBe('No command that reports its progress is running.');
    expect(progressSentence([row()])).toBe(
      '1 command runs: CREATE INDEX of orders_idx on public.orders, for 12\u00a0s.',
    );
    const vacuum = row({ command: 'VACUUM', autovacuum: true, index_relation: null, running_seconds: 3 });
    expect(commandWords(vacuum)).toBe('VACUUM by autovacuum of public.orders');
    expect(progressSentence([row({ waits_for_pid: 4711 }), vacuum])).toBe(
      '2 commands run; the longest is CREATE INDEX of orders_idx on public.orders, for 12\u00a0s. One waits for session 4711.',
    );
    expect(commandWords(row({ command: 'BASE BACKUP', relation: null, index_relation: null }))).toBe('BASE BACKUP');
  });

  it('says how much is done and left', () => {
    expect(doneWords(row())).toBe('100 of 1,000\u00a0blocks (10\u00a0%)');
    expect(doneWords(row({ done: null }))).toBeUndefined();
    expect(doneWords(row({ total: null, done_ratio: null, unit: 'rows' }))).toBe('100\u00a0rows');
    expect(doneWords(row({ unit: 'bytes', done: 1024, total: 4096, done_ratio: 0.25 }))).toBe(
      '1\u00a0kB of 4\u00a0kB (25\u00a0%)',
    );
    expect(rateWords(420, 'blocks')).toBe('420\u00a0blocks/s');
    expect(rateWords(1024 * 1024, 'bytes')).toBe('1\u00a0MB/s');
    expect(leftWords(row(), steady(10), estimate(steady(10), 1000))).toBe(
      'about 1\u00a0min\u00a020\u00a0s (1\u00a0min\u00a010\u00a0s to 1\u00a0min\u00a030\u00a0s)',
    );
    expect(leftWords(row({ total: null }), [], undefined)).toContain('does not say');
    expect(leftWords(row({ done: null }), [], undefined)).toContain('counts nothing');
    expect(leftWords(row(), steady(0), undefined)).toBe('Nothing done for 20\u00a0s.');
    expect(leftWords(row(), steady(10, 2), undefined)).toBe('Measuring.');
  });
});

it('a command of pgdeck’s own leads to its run', () => {
  const run = '0191a2b3-0000-7000-8000-0123456789ab';
  expect(runOf({ application_name: `pgdeck:act:${run}` })).toBe(run);
  expect(runOf({ application_name: 'pgdeck:act:' })).toBeUndefined();
  expect(runOf({ application_name: 'psql' })).toBeUndefined();
  expect(runOf({ application_name: null })).toBeUndefined();
});
