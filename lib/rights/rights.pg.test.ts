import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stage } from '../runner/test-stage';
import { type RoleRights, readRights } from './read-rights';

const script = readFileSync(resolve(import.meta.dirname, '../../docs/roles.sql'), 'utf8');
/** The stage's own, for every role. */
const password = 'only-for-tests';

const lacking = (rights: RoleRights) => {
  if (rights.status !== 'ok') throw new Error(`${rights.role}: ${rights.hint}`);
  return rights.rights.filter(({ has }) => !has).map(({ id }) => id);
};

describe.each([14, 15, 16, 17, 18])('PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major, { shared_preload_libraries: 'pg_stat_statements' });
    const root = await stage.client('postgres');
    const text = script.replace(/:'(\w+)'/g, `'${password}'`);
    // As psql does: one statement after the other; and a second time, for it can be run again.
    for (let time = 0; time < 2; time++) await root.query(text);
  });
  afterAll(() => stage?.end());

  const rightsWith = async (read: string, action: string) => {
    stage.use(action, { read: { ...stage.server.config.read, user: read } });
    return readRights(stage.server);
  };

  test('roles.sql gives the reading role everything, and the acting role all but the tables of others', async () => {
    const { reading, acting, same } = await rightsWith('pgdeck_read', 'pgdeck_action');
    expect(same).toBe(false);
    expect(lacking(reading)).toEqual([]);
    expect(lacking(acting)).toEqual(['own', 'create', 'switch-wal', 'replication']);
    expect(acting).toMatchObject({ role: 'pgdeck_action', superuser: false, database: 'postgres' });
  });

  test('a role without rights lacks them, and each grant that is told mends its line', async () => {
    const root = await stage.client('postgres');
    await root.query(`drop role if exists bare; create role bare login password '${password}';
      revoke connect on database other from public`);
    const before = await rightsWith('bare', 'bare');
    expect(before.same).toBe(true);
    expect(lacking(before.reading)).toEqual([
      'see-others',
      'see-settings',
      'connect',
      ...(major >= 16 ? ['reserved'] : []),
    ]);
    for (const side of [before.reading, before.acting]) {
      if (side.status !== 'ok') throw new Error(side.hint);
      for (const { has, grantSql, without } of side.rights)
        if (!has) {
          expect(without).toBeTruthy();
          await root.query(grantSql ?? '');
        }
    }
    const after = await rightsWith('bare', 'bare');
    expect([...lacking(after.reading), ...lacking(after.acting)]).toEqual([]);
  });
});

test('a role that cannot sign in is told, and the other one is shown all the same', async () => {
  const stage = await Stage.build(18);
  try {
    stage.use('nobody');
    const { reading, acting } = await readRights(stage.server);
    expect(reading.status).toBe('ok');
    expect(acting).toMatchObject({ status: 'unavailable', role: 'nobody', reason: 'unreachable' });
    expect(JSON.stringify(acting)).not.toContain(password);
  } finally {
    await stage.end();
  }
});
