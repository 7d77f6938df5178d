import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedSettings, mayBeSet } from './allowed-settings';
import { checkValue, type Limits, literal, sameValue, valueInWords } from './setting-value';

const memory: Limits = { vartype: 'integer', unit: 'kB', min_val: '64', max_val: '2147483647', enumvals: null };
const blocks: Limits = { vartype: 'integer', unit: '8kB', min_val: '16', max_val: '1073741823', enumvals: null };
const time: Limits = { vartype: 'integer', unit: 's', min_val: '-1', max_val: '86400', enumvals: null };
const cost: Limits = { vartype: 'real', unit: null, min_val: '0', max_val: '1.79769e+308', enumvals: null };
const delay: Limits = { vartype: 'real', unit: 'ms', min_val: '-1', max_val: '100', enumvals: null };
const words: Limits = { vartype: 'enum', unit: null, min_val: null, max_val: null, enumvals: ['none', 'pl', 'all'] };
const flag: Limits = { vartype: 'bool', unit: null, min_val: null, max_val: null, enumvals: null };
const text: Limits = { vartype: 'string', unit: null, min_val: null, max_val: null, enumvals: null };

describe('a value of a setting', () => {
  it.each([
    [memory, '64MB', '64MB', '65536'],
    [memory, ' 1 GB ', '1GB', '1048576'],
    [memory, '4096', '4096', '4096'],
    [blocks, '128MB', '128MB', '16384'],
    [time, '5min', '5min', '300'],
    [time, '-1', '-1', '-1'],
    [time, '1d', '1d', '86400'],
    [cost, '1.1', '1.1', '1.1'],
    [delay, '2.5 ms', '2.5ms', '2.5'],
    [delay, '500us', '500us', '0.5'],
    [words, 'PL', 'pl', 'pl'],
    [flag, 'TRUE', 'on', 'on'],
    [flag, 'off', 'off', 'off'],
  ])('is taken as PostgreSQL takes it: %j %s', (limits, given, written, base) => {
    expect(checkValue(given, limits)).toEqual({ text: written, base });
  });

  it.each([
    [memory, '63', /takes 64.*kB to/],
    [memory, '1.5GB', /whole number/],
    [memory, '64mb', /mb is no unit/],
    [memory, '5min', /min is no unit/],
    [memory, 'lots', /whole number/],
    [memory, '100B', /units of kB/],
    [memory, '64 constructor', /no unit/],
    [time, '2d', /to 86400 s/],
    [time, '1500ms', /units of s/],
    [cost, '-1', /takes 0 to/],
    [cost, '1kB', /no unit/],
    [cost, '1e3', /takes a number/],
    [words, 'some', /none, pl, all/],
    [flag, '2', /on or off/],
    [flag, 'constructor', /on or off/],
    [text, 'anything', /is a text/],
    [memory, '', /whole number/],
  ])('is refused with the reason: %j %s', (limits, given, problem) => {
    const checked = checkValue(given, limits);
    expect('problem' in checked && checked.problem).toMatch(problem);
  });

  it('never ends its literal early, whatever it is', () => {
    const limits = fc.constantFrom(memory, blocks, time, cost, delay, words, flag, text, {
      ...words,
      enumvals: ["a'b", 'c\\', 'plain'],
    });
    const given = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9 .kMGTBmsu'\\;-]{1,20}$/));
    fc.assert(
      fc.property(given, limits, (value, each) => {
        const checked = checkValue(value, each);
        if ('text' in checked) expect(literal(checked.text)).toMatch(/^'[A-Za-z0-9 .+_-]+'$/);
      }),
      { numRuns: 2000 },
    );
    for (const bad of ["x' or true", 'x\\', '', 'x;', 'x\n']) expect(() => literal(bad), bad).toThrow();
  });

  it('is compared as a number where it is one', () => {
    expect(sameValue('1.1', '1.10')).toBe(true);
    expect(sameValue('0.1', '0.2')).toBe(false);
    expect(sameValue('on', 'off')).toBe(false);
    expect(sameValue(null, '0')).toBe(false);
    expect(sameValue('-1', '1')).toBe(false);
  });

  it('is told with its unit', () => {
    expect(valueInWords('16384', '8kB')).toBe('128\u00a0MB');
    expect(valueInWords('-1', 'kB')).toBe('-1');
    expect(valueInWords('300', 's')).toBe('300 s');
    expect(valueInWords('on', null)).toBe('on');
  });
});

describe('the settings that pgdeck changes', () => {
  it('hold none that runs something, loads something, names a file, or decides who may connect', () => {
    const never =
      /_command$|librar|preload|addresses|hba|ident|ssl|krb|password|path$|_dir(ectory)?$|_file(name)?$|port$|socket|role|search_path|conninfo|fsync|full_page|zero_damaged|allow_|ignore_|debug|restore|recovery_target|synchronous_standby|reserved/;
    for (const name of allowedSettings) expect(name).not.toMatch(never);
  });

  it('are named plainly and once', () => {
    expect(new Set(allowedSettings).size).toBe(allowedSettings.length);
    for (const name of allowedSettings) expect(name).toMatch(/^[a-z_]+(\.[a-z_]+)?$/);
    expect(mayBeSet('work_mem')).toBe(true);
    expect(mayBeSet('archive_command')).toBe(false);
    expect(mayBeSet('toString')).toBe(false);
  });
});
