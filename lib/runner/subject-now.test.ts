import { describe, expect, it } from 'vitest';
import type { WorkTarget } from '@/lib/actions/target';
import type { Audit } from '@/lib/audit/audit';
import type { Server } from '@/lib/runtime';
import { restoredFrom, subjectNow } from './subject-now';
import { refusal } from './test-stage';

const entry = {
  ts: '2026-01-01T00:00:00.000Z',
  seq: 1,
  event: 'result',
  server: 'shop',
  cluster: '7',
  runId: 'r',
  target: { kind: 'index', name: 'public.i', database: 'postgres' },
  result: {
    status: 'done',
    undo: { sql: 'create index …', body: { action: 'recreate', target: { kind: 'run', runId: 'r' } } },
  },
};
const audit = { resultOf: async () => entry } as unknown as Audit;
const server = (id: string, systemIdentifier: string | undefined) =>
  ({ config: { id }, connections: { capabilities: systemIdentifier && { systemIdentifier } } }) as unknown as Server;

const sees = () => true;

describe('what a run left to be restored', () => {
  it('is restored on the server that the run was on', async () => {
    expect(await restoredFrom('r', audit, server('shop', '7'), sees)).toMatchObject({ database: 'postgres' });
    expect(await restoredFrom('r', audit, server('shop', undefined), sees)).toMatchObject({ quoted: 'public.i' });
  });

  it('is restored on the table that it was on, where the audit tells which', async () => {
    expect(await restoredFrom('r', audit, server('shop', '7'), sees)).toMatchObject({ table_oid: null });
    const told = { resultOf: async () => ({ ...entry, target: { ...entry.target, table_oid: 5 } }) };
    expect(await restoredFrom('r', told as unknown as Audit, server('shop', '7'), sees)).toMatchObject({
      table_oid: 5,
    });
  });

  it('is never restored on another one', async () => {
    expect(await refusal(restoredFrom('r', audit, server('desk', '7'), sees))).toBe('404 not_found');
    expect(await refusal(restoredFrom('r', audit, server('shop', '8'), sees))).toBe('409 target_changed');
  });

  // Fails when `restoredFrom()` does not ask `sees`.
  it('T12: is not there for who may not see its database', async () => {
    const blind = (database: string | undefined) => database !== 'postgres';
    const asked = (runId: string) =>
      restoredFrom(runId, audit, server('shop', '7'), blind).catch((error) => error.message);
    expect(await asked('r')).toBe('Run r left nothing to be restored on this server.');
  });
});

it('what is gone is missed where it was: in its database, or on the server', async () => {
  const missed = (target: WorkTarget) =>
    subjectNow(async () => ({ rows: [] }), target, { role: 'actor', major: 18, home: 'shop' }).catch(
      ({ message }) => message,
    );
  expect(await missed({ kind: 'index', database: 'other', oid: 1 })).toBe(
    'There is no such index in other now. REINDEX CONCURRENTLY gives an index another OID: choose it by its name.',
  );
  expect(await missed({ kind: 'relation', database: 'other', oid: 1 })).toBe('There is no such relation in other now.');
  expect(await missed({ kind: 'slot', name: 'x' })).toBe('There is no such slot on this server now.');
  expect(await missed({ kind: 'setting', name: 'x' })).toBe('There is no such setting on this server now.');
  expect(await missed({ kind: 'database', database: 'x' })).toBe('There is no such database on this server now.');
  expect(await missed({ kind: 'prepared', gid: 'x', prepared_us: '1' })).toBe(
    'There is no such prepared transaction on this server now.',
  );
});
