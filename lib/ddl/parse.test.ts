import { describe, expect, it } from 'vitest';
import { refusal } from '@/lib/runner/test-stage';
import { parse } from './parse';

describe('a text that is parsed', () => {
  const long = 50_000;

  it.each([
    ['operators', `select 1${'+1'.repeat(long)}`],
    ['casts', `select 1${'::int'.repeat(20_000)}`],
    ['operators in brackets', `select (1, (2${'+1'.repeat(long)}))`],
    ['operators after a list', `select 1, 2, 3${' is null'.repeat(12_000)}`],
    ['joins', `select from t${' join u on true'.repeat(6600)}`],
    ['unions', `select${' union select'.repeat(7700)}`],
  ])('is refused where it would overflow the parser: %s', async (_, text) => {
    expect(await refusal(parse(text))).toBe('422 too_deep');
  });

  it('leaves the parser as it was, however often that is tried', async () => {
    for (let time = 0; time < 60; time++) await refusal(parse(`select 1${'+1'.repeat(12_000)}`));
    expect((await parse('select 1; select 2')).map(({ sql }) => sql)).toEqual(['select 1', 'select 2']);
  });

  it.each([' ;;; ', '-- only said', '/* */'])('without a statement in it is refused: %s', async (text) => {
    expect(await refusal(parse(text))).toBe('422 nothing');
  });

  it.each([
    ['many statements that are flat', 'select 1;'.repeat(30)],
    ['a long list', `insert into t values ${'(1, 2, 3),'.repeat(9000)}(1, 2, 3)`],
    ['a list in brackets', `select * from t where a in (${'1,'.repeat(40_000)}1)`],
    ['many columns', `create table t (${Array.from({ length: 5000 }, (_, n) => `c${n} int not null`).join(', ')})`],
    ['a long comment', `select 1 ${'-- so it is\n'.repeat(8000)}`],
    ['unions with a list each', `select 1,1${' union select 1,1'.repeat(5900)}`],
  ])('is taken where it is only long: %s', async (_, text) => {
    expect((await parse(text)).length).toBeGreaterThan(0);
  });
});
