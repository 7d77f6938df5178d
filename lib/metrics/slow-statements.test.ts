import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SlowStatements } from './slow-statements';

type Line = { level: string; told: Record<string, unknown> };

let lines: Line[];
let slow: SlowStatements;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  const at = (level: string) => (told: unknown) => void lines.push({ level, told: told as Record<string, unknown> });
  slow = new SlowStatements('a', { warnMs: 100, errorMs: 500 }, { warn: at('warn'), error: at('error') }, () =>
    Date.now(),
  );
});
afterEach(() => vi.useRealTimers());

it('says nothing of what is quick, warns from 100 ms and complains from 500 ms on', () => {
  slow.note({ tag: 'locks', ms: 99.9 });
  expect(lines).toEqual([]);
  slow.note({ tag: 'locks', ms: 100 });
  slow.note({ tag: 'tables', ms: 612.3 });
  expect(lines).toEqual([
    { level: 'warn', told: expect.objectContaining({ server: 'a', topic: 'locks', count: 1, longestMs: 100 }) },
    { level: 'error', told: expect.objectContaining({ server: 'a', topic: 'tables', count: 1, longestMs: 612 }) },
  ]);
});

it('writes one line in a minute for each tag, with all that came since', () => {
  for (const ms of [120, 700, 200, 150]) {
    slow.note({ tag: 'locks', ms });
    vi.advanceTimersByTime(10_000);
  }
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(20_000);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toEqual({
    level: 'error',
    told: { server: 'a', topic: 'locks', count: 3, longestMs: 700, totalMs: 1050, stretchSeconds: 50 },
  });
  // Nothing was slow since: nothing is told.
  vi.advanceTimersByTime(600_000);
  expect(lines).toHaveLength(2);
  slow.note({ tag: 'locks', ms: 130 });
  expect(lines).toHaveLength(3);
});
