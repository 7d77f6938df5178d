import { expect, it } from 'vitest';
import type { AuditEntry } from '@/lib/actions/protocol';
import { auditedRun, endedRun, recordAfter } from './audited-run';

const entry: AuditEntry = {
  ts: '2026-11-21T03:14:10.000Z',
  seq: 2,
  prev: 'x',
  event: 'result',
  server: 'default',
  runId: 'r',
  user: { name: 'ada', role: 'admin', mode: 'local' },
  action: 'alter-system',
  title: 'Set work_mem?',
  target: { kind: 'setting', name: 'work_mem', database: 'postgres' },
  role: 'actor',
  sql: ['alter system …'],
  schedule: 's',
  adoption: { before: null },
  result: { status: 'done', message: 'It is done.', verified: true, ms: 1500, warnings: ['w'] },
};

it('an ended run is what the line of its result tells; its target is an identity that can be previewed again', () => {
  expect(endedRun(entry)).toEqual({
    runId: 'r',
    server: 'default',
    action: 'alter-system',
    title: 'Set work_mem?',
    target: { kind: 'setting', name: 'work_mem' },
    databases: null,
    user: 'ada',
    status: 'done',
    message: 'It is done.',
    warnings: ['w'],
    verified: true,
    sql: ['alter system …'],
    role: 'actor',
    schedule: 's',
    startedAt: '2026-11-21T03:14:08.500Z',
    endedAt: '2026-11-21T03:14:10.000Z',
    progress: null,
    cancellable: false,
  });
});

it('an intent is a run that has not ended, of which the next line repeats all but what it is adopted by', () => {
  const { result: _result, ...intent } = entry;
  expect(auditedRun(intent)).toMatchObject({ status: 'running', startedAt: entry.ts, endedAt: null, verified: null });
  expect(endedRun(intent)).toBeUndefined();
  const after = recordAfter(entry);
  expect('adoption' in after || 'result' in after).toBe(false);
  expect(after).toMatchObject({ runId: 'r', title: 'Set work_mem?' });
});

it('what is not of a run, or of a target that cannot be, is none', () => {
  expect(auditedRun({ ts: '', seq: 1, event: 'recovered' })).toBeUndefined();
  for (const target of [undefined, 'x', {}, { kind: 'table' }, { kind: 'setting' }, { kind: 'relation', oid: -1 }])
    expect(auditedRun({ ...entry, target }), JSON.stringify(target)).toBeUndefined();
});
