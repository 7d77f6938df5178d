import { expect, test } from 'vitest';
import { bandLabels } from './bands';

const looks = [
  { column: 'cpu', label: 'CPU', color: '' },
  { column: 'io', label: 'IO', color: '' },
  { column: 'lock', label: 'Lock', color: '' },
];
const plot = { from: 0, to: 100, most: 20, width: 1000, height: 200 };
const points = (...last: [number, number, number][]) =>
  last.map(([cpu, io, lock], index) => ({ t: 100 - last.length + index, cpu, io, lock }));

test('bands that are tall enough at the right end hold their name', () => {
  const labels = bandLabels(points([5, 0.5, 9], [5, 0.5, 10]), looks, plot);
  expect(labels.map(({ label }) => label)).toEqual(['CPU', 'Lock']);
  expect(labels.find(({ label }) => label === 'CPU')?.y).toBe(200 - 25);
});

test('where the newest point is not at the right end, names stand before it', () => {
  const early = points([5, 0.5, 9], [5, 0.5, 9]).map((point) => ({ ...point, t: point.t - 40 }));
  expect(bandLabels(early, looks, plot).map(({ x }) => x)).toEqual([590 - 36, 590 - 36]);
});

test('a band that is only tall at one place of its name has none', () => {
  expect(bandLabels(points([5, 0.5, 0], [5, 0.5, 10]), looks, plot).map(({ label }) => label)).toEqual(['CPU']);
});

test('small plots and gaps have none', () => {
  expect(bandLabels(points([5, 0.5, 9]), looks, { ...plot, height: 120 })).toEqual([]);
  expect(bandLabels(points([5, 0.5, 9]), looks, { ...plot, width: 300 })).toEqual([]);
  expect(bandLabels([{ t: 97, cpu: null, io: null, lock: null }], looks, plot)).toEqual([]);
  expect(bandLabels([], looks, plot)).toEqual([]);
});
