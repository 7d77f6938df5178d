import { describe, expect, it } from 'vitest';
import { nextGap, type Range } from './partition-gaps';

const us = (text: string) => BigInt(Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text)) * 1000n;
const times = (...ends: (string | null)[][]): Range[] =>
  ends.map(([from, to]) => ({ from: from ? us(from) : null, to: to ? us(to) : null }));
const gap = (ranges: Range[], now: string) => {
  const found = nextGap(ranges, us(now));
  const iso = (at: bigint | null) => (at === null ? null : new Date(Number(at / 1000n)).toISOString().slice(0, 16));
  return found && [iso(found.from), iso(found.to)];
};
const ints = (...ends: [bigint | null, bigint | null][]): Range[] => ends.map(([from, to]) => ({ from, to }));

describe('the next period without a partition', () => {
  const months = times(['2026-01-01', '2026-02-01'], ['2026-02-01', '2026-03-01'], ['2026-03-01', '2026-04-01']);

  it('is the month after the newest, of its own length', () => {
    expect(gap(months, '2026-02-14')).toEqual(['2026-04-01T00:00', '2026-05-01T00:00']);
  });

  it('is the first gap from now on, no earlier one, and ends where the next partition begins', () => {
    const holes = times(['2026-01-01', '2026-02-01'], ['2026-03-01', '2026-04-01'], ['2026-05-01', '2026-06-01']);
    expect(gap(holes, '2026-01-31T23:59:59Z')).toEqual(['2026-02-01T00:00', '2026-03-01T00:00']);
    expect(gap(holes, '2026-02-10')).toEqual(['2026-02-01T00:00', '2026-03-01T00:00']);
    expect(gap(holes, '2026-03-10')).toEqual(['2026-04-01T00:00', '2026-05-01T00:00']);
    expect(gap(holes, '2026-05-31')).toEqual(['2026-06-01T00:00', '2026-07-01T00:00']);
    const short = times(['2026-01-01', '2026-02-01'], ['2026-02-15', '2026-03-15']);
    expect(gap(short, '2026-01-05')).toEqual(['2026-02-01T00:00', '2026-02-15T00:00']);
  });

  it('is the period that now is in, where the newest partition ended long ago', () => {
    expect(gap(months, '2026-07-20T10:00:00Z')).toEqual(['2026-07-01T00:00', '2026-08-01T00:00']);
    expect(gap(times(['2026-01-05', '2026-01-12']), '2026-01-30')).toEqual(['2026-01-26T00:00', '2026-02-02T00:00']);
    expect(gap(months, '2026-04-01')).toEqual(['2026-04-01T00:00', '2026-05-01T00:00']);
  });

  it('is from now on where the first partition is yet to come', () => {
    expect(gap(times(['2027-01-01', '2027-02-01']), '2026-01-10')).toEqual(['2026-01-10T00:00', '2027-01-01T00:00']);
  });

  it('goes by quarters, years, days, hours', () => {
    expect(gap(times(['2026-01-01', '2026-04-01']), '2026-02-01')).toEqual(['2026-04-01T00:00', '2026-07-01T00:00']);
    expect(gap(times(['2024-01-01', '2025-01-01']), '2024-06-01')).toEqual(['2025-01-01T00:00', '2026-01-01T00:00']);
    expect(gap(times(['2026-02-27', '2026-02-28']), '2026-02-27T05:00:00Z')).toEqual([
      '2026-02-28T00:00',
      '2026-03-01T00:00',
    ]);
    expect(gap(times(['2026-02-27T10:00:00Z', '2026-02-27T11:00:00Z']), '2026-02-27T10:30:00Z')).toEqual([
      '2026-02-27T11:00',
      '2026-02-27T12:00',
    ]);
  });

  it('has no end where months of another time zone would have to be guessed', () => {
    const berlin = times(['2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z']);
    expect(gap(berlin, '2026-03-10')).toEqual(['2026-03-31T22:00', null]);
  });

  it('is none where a partition reaches to MAXVALUE, and where nothing tells how long one is', () => {
    expect(gap(times(['2026-01-01', '2026-02-01'], ['2026-02-01', null]), '2026-01-10')).toBeUndefined();
    expect(gap(times([null, null]), '2026-01-10')).toBeUndefined();
    expect(gap([], '2026-01-10')).toBeUndefined();
    expect(gap(times([null, '2026-02-01']), '2026-01-10')).toEqual(['2026-02-01T00:00', null]);
  });
});

describe('the next numbers without a partition', () => {
  it('are those after the highest, or in the first gap', () => {
    expect(nextGap(ints([0n, 100n], [100n, 200n]))).toEqual({ from: 200n, to: 300n });
    expect(nextGap(ints([200n, 300n], [0n, 100n]))).toEqual({ from: 100n, to: 200n });
    expect(nextGap(ints([null, 0n], [0n, 9_007_199_254_740_993n]))).toEqual({
      from: 9_007_199_254_740_993n,
      to: 18_014_398_509_481_986n,
    });
    expect(nextGap(ints([-10n, 0n], [0n, null]))).toBeUndefined();
    expect(nextGap(ints([null, 0n]))).toEqual({ from: 0n, to: null });
    expect(nextGap([])).toBeUndefined();
  });
});
