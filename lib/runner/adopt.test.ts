import { expect, it } from 'vitest';
import type { AuditEntry, Run } from '@/lib/actions/protocol';
import { adopt } from './adopt';

it('a run whose intent this version cannot read is unknown at once, not asked for again and again', async () => {
  const intent = {
    ts: '2026-01-01T00:00:00.000Z',
    seq: 1,
    event: 'intent',
    server: 'shop',
    runId: 'r',
    action: 'recreate',
    target: { kind: 'run', runId: '0b0e8a54-6c1f-4c3e-9d4c-3b1f7b1a2c3d' },
    adoption: { before: null, subject: { kind: 'run', sql: 'what another version wrote' }, details: [] },
  } as unknown as AuditEntry;
  const runs: Run[] = [];
  let written: (entry: unknown) => void = () => {};
  const result = new Promise((resolve) => {
    written = resolve;
  });
  const who = { role: 'actor', superuser: false, major: 18 };
  const server = {
    connections: { signal: (use: (query: unknown) => unknown) => use(async () => ({ rows: [who] })) },
    sampler: { history: { changes: { add: () => {} } }, refresh: () => {} },
  };
  await adopt({
    audit: {
      pending: async () => [intent],
      read: async () => ({ entries: [] }),
      write: async (entry: unknown) => written(entry),
    } as never,
    servers: new Map([['shop', server as never]]),
    add: (run) => void runs.push(run),
    take: () => () => {},
  });
  expect(await result).toMatchObject({ event: 'result', runId: 'r', result: { status: 'unknown', verified: null } });
  expect(runs[0]?.message).toContain('this version of it cannot read');
});
