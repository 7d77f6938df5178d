import { expect, test } from 'vitest';
import { z } from 'zod';
import { type AnyTopic, defineTopic, type Raw } from '@/lib/topics/topic';
import { Pace } from './pace';

const topic = (changes: Partial<AnyTopic>): AnyTopic => ({
  ...defineTopic({
    id: 'paced',
    title: 'Paced',
    summary: 'A topic.',
    scope: 'server',
    cadenceSeconds: 2,
    requires: [],
    sources: [],
    always: true,
    row: z.object({}),
    key: [],
  }),
  ...changes,
});
const load = topic({
  cadenceSeconds: 1,
  quiet: { cadenceSeconds: 5, busy: (rows, usual) => rows.some(({ waits }) => waits) || rows.length > usual * 1.5 },
});
const rows = (count: number, waits = false): Raw[] => Array.from({ length: count }, () => ({ waits }));

/** A pace that has seen `samples` quiet samples, five seconds apart; the time of the last one. */
function settled(samples = 30): { pace: Pace; at: number } {
  const pace = new Pace(load);
  for (let n = 0; n < samples; n++) pace.asked(n * 5000, n * 5000, rows(4), undefined);
  return { pace, at: (samples - 1) * 5000 };
}

test('nobody looks: less often, but what history needs keeps its pace', () => {
  expect(new Pace(topic({})).cadenceMs(true)).toBe(2000);
  expect(new Pace(topic({})).cadenceMs(false)).toBe(10_000);
  expect(new Pace(topic({ always: 'history' })).cadenceMs(false)).toBe(2000);
  expect(new Pace(load).cadenceMs(false)).toBe(1000);
});

test('while little happens it looks each five seconds', () => {
  expect(settled().pace.cadenceMs(true)).toBe(5000);
});

test('each second while somebody waits, and for ten seconds after', () => {
  const { pace, at } = settled();
  pace.asked(at, at + 5000, rows(4, true), undefined);
  expect(pace.cadenceMs(false)).toBe(1000);
  pace.asked(at, at + 6000, rows(4), undefined);
  expect(pace.cadenceMs(false)).toBe(1000);
  pace.asked(at, at + 16_000, rows(4), undefined);
  expect(pace.cadenceMs(false)).toBe(5000);
});

test('each second while there is more than usual, until that is usual', () => {
  const { pace, at } = settled(200);
  let now = at;
  const step = () => {
    now += pace.cadenceMs(false);
    pace.asked(now, now, rows(20), undefined);
  };
  for (let n = 0; n < 30; n++) step();
  expect(pace.cadenceMs(false)).toBe(1000);
  while (now < at + 20 * 60_000) step();
  expect(pace.cadenceMs(false)).toBe(5000);
});

test('a long way to the server stretches load to its quiet pace and no further', () => {
  const pace = new Pace(load);
  for (let n = 0; n < 6; n++) pace.asked(n * 1000, n * 1000, rows(4, true), 300);
  expect(pace.cadenceMs(false)).toBe(5000);
});

test('what takes long is asked less often', () => {
  const pace = new Pace(topic({}));
  for (let n = 0; n < 6; n++) pace.asked(n * 2000, n * 2000, [], 100);
  expect(pace.cadenceMs(true)).toBe(20_000);
});

test('each minute of the time of day once, however the clock drifts', () => {
  const pace = new Pace(topic({ always: 'history', cadenceSeconds: 60 }));
  const minutes = new Set<number>();
  let [now, askedAt] = [1_000_000_000_000, 0];
  pace.asked(now, 0, [], undefined);
  let asked = 0;
  for (let elapsed = 0; elapsed < 24 * 3_600_000; elapsed += 250, now += 250) {
    if (!pace.due(now, elapsed - askedAt, 60_000)) continue;
    // Answers come late, at the worst by four seconds.
    askedAt = elapsed + (asked % 17) * 250;
    minutes.add(Math.floor((now + (asked % 17) * 250) / 60_000));
    pace.asked(now + (asked % 17) * 250, askedAt, [], undefined);
    asked++;
  }
  expect(minutes.size).toBe(asked);
  expect(asked).toBeGreaterThanOrEqual(1439);
});

test('a clock that is set to another time neither stops the asking nor doubles it', () => {
  for (const jump of [-3_600_000, 3_600_000, -20_000, 20_000]) {
    const pace = new Pace(topic({ always: 'history', cadenceSeconds: 60 }));
    pace.asked(1_000_000_000_000, 0, [], undefined);
    let since = 0;
    while (!pace.due(1_000_000_000_000 + jump + since, since, 60_000)) since += 250;
    expect(since).toBeGreaterThanOrEqual(18_000);
    expect(since).toBeLessThanOrEqual(90_000);
  }
});
