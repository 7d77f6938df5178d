import { expect, it } from 'vitest';
import { settingValue } from './settings';

it.each([
  ['on', null, 1],
  ['off', null, 0],
  ['100', null, 100],
  ['1.1', null, 1.1],
  ['16384', '8kB', 134_217_728],
  ['4096', 'kB', 4_194_304],
  ['1024', 'MB', 1_073_741_824],
  ['2', '16MB', 33_554_432],
  ['5', 'min', 300],
  ['1000', 'ms', 1],
  ['-1', 'ms', -1],
  ['replica', null, null],
  ['', null, null],
  [null, null, null],
  ['5', 'parsecs', null],
])('a setting of %s in %s is %s', (setting, unit, value) => {
  expect(settingValue({ setting, unit })).toBe(value);
});
