import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everything } from '@/lib/access/test-access';
import { target } from '@/lib/actions/target';
import { choicesOf, chosenFrom } from './choices';
import { refusal, Stage } from './test-stage';

describe.each([14, 18])('what there is to choose from, on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root(`create table public."100%_Sure'; drop table x" (id int);
      do $$ begin for n in 1..60 loop execute format('create table public.many_%s (id int)', n); end loop; end $$`);
    await stage.root(`create table fitting (id int) partition by list (id); create table fitting_1 partition of fitting default;
      create table fitting_not (id int); create sequence fitting_seq`);
    const other = await stage.client('postgres', 'setup', 'other');
    await other.query('create table there (id int)');
    await stage.server.connections.probe();
  });
  afterAll(() => stage?.end());

  const labels = async (search: string, database?: string) =>
    (await choicesOf(stage.server, everything, { kind: 'relation', search, ...(database && { database }) })).map(
      ({ label }) => label,
    );

  it('lists tables by a part of their name, as data and never as a pattern or SQL', async () => {
    expect(await labels('ORDERS')).toEqual(['public.orders']);
    expect(await labels("_sure'; DROP")).toEqual([`public."100%_Sure'; drop table x"`]);
    expect(await labels('%')).toEqual([`public."100%_Sure'; drop table x"`]);
    expect(await labels("' or true --")).toEqual([]);
  });

  it('offers targets that a preview takes, of the database that is asked for', async () => {
    const [orders] = await choicesOf(stage.server, everything, { kind: 'relation', search: 'public.orders' });
    expect(orders).toEqual({
      label: 'public.orders',
      detail: 'table',
      target: { kind: 'relation', database: 'postgres', oid: await stage.oid('orders') },
    });
    expect(await labels('there', 'other')).toEqual(['public.there']);
    expect(await labels('there')).toEqual([]);
  });

  it('lists only the relations that fit an action', async () => {
    const fitting = async (fit: { relkinds?: string; partition?: boolean }) =>
      (await choicesOf(stage.server, everything, { kind: 'relation', search: 'fitting', ...fit }))
        .map(({ label }) => label)
        .sort();
    expect(await fitting({})).toHaveLength(4);
    expect(await fitting({ relkinds: 'p' })).toEqual(['public.fitting']);
    expect(await fitting({ relkinds: 'S' })).toEqual(['public.fitting_seq']);
    expect(await fitting({ relkinds: 'rpf', partition: true })).toEqual(['public.fitting_1']);
    expect(await fitting({ relkinds: 'rpf', partition: false })).toEqual(['public.fitting', 'public.fitting_not']);
    expect(await fitting({ relkinds: "'" })).toEqual([]);
  });

  it('shows settings as the server has them, with units, and never as the sessions of pgdeck have them', async () => {
    const detail = async (name: string) =>
      (await choicesOf(stage.server, everything, { kind: 'setting', search: name })).find(({ label }) => label === name)
        ?.detail;
    expect(await detail('work_mem')).toMatch(/^4MB, /);
    expect(await detail('effective_cache_size')).toMatch(/^4GB, /);
    expect(await detail('autovacuum_work_mem')).toMatch(/^-1, /);
    expect(await detail('idle_in_transaction_session_timeout')).toMatch(/^its value cannot be seen from here, /);
  });

  it('offers at most 50', async () => {
    expect(await labels('many_')).toHaveLength(50);
  });

  it('refuses a kind that cannot be listed and a database that is not there, without trying to connect', async () => {
    for (const kind of ['backend', 'backends', 'run', 'toString', 'orders'])
      expect(await refusal(choicesOf(stage.server, everything, { kind }))).toBe('400 bad_input');
    expect(await refusal(choicesOf(stage.server, everything, { kind: 'relation', database: 'nowhere' }))).toBe(
      '400 bad_input',
    );
    expect(stage.server.connections.problem).toBeUndefined();
  });

  it.each(chosenFrom())('answers for %s, or says in the words of PostgreSQL why not', async (kind) => {
    const answer = await choicesOf(stage.server, everything, { kind }).catch((error) => error.code);
    // pg_stat_statements is not installed here.
    if (kind === 'statement') return expect(answer === '42P01' || Array.isArray(answer)).toBe(true);
    for (const choice of answer) {
      expect(target.safeParse(choice.target).error, JSON.stringify(choice)).toBeUndefined();
      expect(choice.target.kind).toBe(kind);
      expect(typeof choice.label).toBe('string');
      expect(typeof choice.detail).toBe('string');
    }
  });
});
