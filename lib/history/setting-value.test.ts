import { expect, test } from 'vitest';
import { withUnit } from './setting-value';

test.each([
  ['4096', 'kB', '4MB'],
  ['16384', '8kB', '128MB'],
  ['1', '8kB', '8kB'],
  ['1048576', 'kB', '1GB'],
  ['16', 'MB', '16MB'],
  ['300', 's', '5min'],
  ['90', 's', '90s'],
  ['200', 'ms', '200ms'],
  ['86400', 's', '1d'],
  ['0', 'ms', '0'],
  ['-1', 'kB', '-1'],
  ['1.1', null, '1.1'],
  ['on', null, 'on'],
  ['', null, ''],
  [null, 'kB', null],
])('%s of %s is %s', (value, unit, shown) => expect(withUnit(value, unit)).toBe(shown));
