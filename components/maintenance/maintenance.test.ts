import { expect, test } from 'vitest';
import {
  doneWords,
  leftWords,
  pastWords,
  phaseWords,
  rateWords,
  runState,
  seenWords,
} from '@/components/actions/words';
import type { Run, RunProgress } from '@/lib/actions/protocol';
import type { Schedule } from '@/lib/schedules/shapes';
import { endedRuns, figuresWords, maintenanceSentence, movingRuns, schedulesSentence } from './summary';

const run = (runId: string, status: Run['status'], change: Partial<Run> = {}): Run => ({
  runId,
  server: 'demo',
  action: 'vacuum',
  title: 'Vacuum public.orders?',
  target: { kind: 'server' },
  user: 'ann',
  status,
  message: '',
  warnings: [],
  verified: null,
  sql: [],
  role: 'r',
  startedAt: '2026-11-21T03:00:00.000Z',
  endedAt: ['running', 'queued', 'awaiting_approval'].includes(status) ? null : '2026-11-21T04:00:00.000Z',
  progress: null,
  cancellable: false,
  ...change,
});

test('what runs stands first, then the queue in its order, then what waits for a second person', () => {
  const runs = [
    run('approval', 'awaiting_approval'),
    run('second', 'queued', { queuePosition: 2 }),
    run('first', 'queued', { queuePosition: 1 }),
    run('over', 'failed'),
    run('later', 'running', { startedAt: '2026-11-21T03:05:00.000Z' }),
    run('earlier', 'running'),
  ];
  expect(movingRuns(runs).map(({ runId }) => runId)).toEqual(['earlier', 'later', 'first', 'second', 'approval']);
  expect(endedRuns(runs).map(({ runId }) => runId)).toEqual(['over']);
});

test('the page says in a sentence what runs, what waits and how it went', () => {
  expect(maintenanceSentence([])).toBe('Nothing is under way. No run has ended yet.');
  expect(
    maintenanceSentence([run('a', 'running'), run('b', 'queued'), run('c', 'awaiting_approval'), run('d', 'done')]),
  ).toBe('1 run is under way, 1 waits for its turn and 1 waits for a second person. 1 recent run; none failed.');
  expect(maintenanceSentence([run('a', 'failed'), run('b', 'unknown'), run('c', 'done')])).toContain(
    '3 recent runs; 2 failed or have no known outcome.',
  );
});

test('a run that is looked for after a restart has not ended', () => {
  const lost = run('a', 'unknown', { endedAt: null });
  expect(movingRuns([lost])).toEqual([lost]);
  expect(maintenanceSentence([lost])).toContain('1 is looked for on the server');
  expect(maintenanceSentence([lost])).toContain('No run has ended');
});

test('figures before and after are one line', () => {
  expect(figuresWords({ figures: [{ label: 'Size', before: '3.1 GB', after: '1.2 GB' }] })).toBe(
    'Size 3.1 GB → 1.2 GB',
  );
  expect(figuresWords({ figures: [{ label: 'Size', before: null, after: '8 kB' }] })).toBe('Size – → 8 kB');
  expect(figuresWords({ figures: [] })).toBeUndefined();
  expect(figuresWords({})).toBeUndefined();
});

test('schedules are counted with those that are off and those that missed runs', () => {
  const schedule = { enabled: true, missed: null } as Schedule;
  expect(schedulesSentence([])).toContain('run by themselves');
  expect(schedulesSentence([schedule])).toBe('1 schedule.');
  expect(
    schedulesSentence([schedule, { ...schedule, enabled: false }, { ...schedule, missed: { count: 2, last: '' } }]),
  ).toBe('3 schedules, 1 off, 1 with missed runs.');
});

const progress: RunProgress = {
  phase: 'scanning heap',
  done: 1240,
  total: 30_000,
  unit: 'blocks',
  fraction: 0.0413,
  ratePerSecond: 300,
  etaSeconds: { low: 80, high: 120 },
  step: { index: 2, count: 3, title: 'Build' },
  waitsFor: [],
  waitingBehind: 0,
  details: [],
};

test('how far a run is, how fast and how long it still takes, and nothing where that is not known', () => {
  const flat = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');
  expect(flat(doneWords(progress))).toBe('1,240 of 30,000 blocks (4 %)');
  expect(flat(doneWords({ ...progress, total: null, fraction: null }))).toBe('1,240 blocks');
  expect(flat(doneWords({ ...progress, unit: 'bytes', done: 1024, total: 4096, fraction: 0.25 }))).toBe(
    '1 kB of 4 kB (25 %)',
  );
  expect(doneWords({ ...progress, done: null, total: null, fraction: null })).toBeUndefined();
  expect(flat(rateWords(progress))).toBe('300 blocks/s');
  expect(rateWords({ ...progress, ratePerSecond: null })).toBeUndefined();
  expect(flat(leftWords(progress))).toBe('1 min 20 s to 2 min left');
  expect(flat(leftWords({ ...progress, etaSeconds: { low: 5, high: 5 } }))).toBe('about 5 s left');
  expect(leftWords({ ...progress, etaSeconds: null })).toBeUndefined();
  expect(phaseWords(progress)).toBe('Step 2 of 3, scanning heap');
  expect(phaseWords({ ...progress, step: null })).toBe('scanning heap');
  expect(flat(pastWords({ runId: '', target: '', startedAt: '', ms: 12_000, bytes: 1024 }))).toBe('12 s for 1 kB');
});

test('a run that has not ended is neither well nor failed', () => {
  expect(runState({ status: 'running' })).toBe('unknown');
  expect(runState({ status: 'done' })).toBe('ok');
  expect(runState({ status: 'failed' })).toBe('critical');
  expect(runState({ status: 'cancelled' })).toBe('warning');
});

test('only a run that claims a result waits for it to be seen', () => {
  expect(seenWords(run('a', 'done', { verified: true }))).toBe('verified on the server');
  expect(seenWords(run('b', 'done_with_warnings', { verified: false }))).toBe('not seen on the server yet');
  expect(seenWords(run('c', 'cancelled', { verified: false }))).toBeUndefined();
  expect(seenWords(run('d', 'failed', { verified: false }))).toBeUndefined();
  expect(seenWords(run('e', 'unknown'))).toBeUndefined();
});
