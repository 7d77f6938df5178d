const sizes: [string, number][] = [
  ['TB', 1024 ** 4],
  ['GB', 1024 ** 3],
  ['MB', 1024 ** 2],
  ['kB', 1024],
  ['B', 1],
];
const times: [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** A setting as `SHOW` tells it: 4096 of kB is 4MB; what is no positive number of a known unit stays as it is. */
export function withUnit(value: string | null, unit: string | null): string | null {
  const [, factor = '', name = ''] = /^(\d*)([A-Za-z]+)$/.exec(unit ?? '') ?? [];
  const number = Number(value);
  if (!value || name === '' || !(number > 0)) return value;
  for (const units of [sizes, times]) {
    const base = units.find(([each]) => each === name)?.[1];
    if (base === undefined) continue;
    const whole = number * Number(factor || 1) * base;
    const [word, size] = units.find(([, each]) => whole % each === 0) ?? [name, base];
    return `${whole / size}${word}`;
  }
  return value;
}
