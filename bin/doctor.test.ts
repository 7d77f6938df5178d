import { describe, expect, test } from 'vitest';
import type { Target } from '@/lib/config';
import type { Capabilities } from '@/lib/postgres/capabilities';
import { judgeActing, judgeReading } from './doctor';

const target: Target = {
  host: 'db',
  port: 5432,
  database: 'shop',
  user: 'r',
  password: undefined,
  tls: { mode: 'prefer' },
};
const healthy: Capabilities = {
  versionNum: 180004,
  major: 18,
  version: '18.4',
  inRecovery: false,
  postmasterStart: '1',
  systemIdentifier: '1',
  role: 'Reader',
  superuser: false,
  database: 'shop',
  databases: ['shop'],
  extensions: new Map([['pg_stat_statements', { schema: 'public', version: '1.12' }]]),
  grants: new Set([
    'pg_monitor',
    'pg_read_all_stats',
    'pg_signal_backend',
    'pg_maintain',
    'pg_use_reserved_connections',
  ]),
  settings: new Map([
    ['track_io_timing', 'on'],
    ['track_activities', 'on'],
    ['track_counts', 'on'],
  ]),
  pooled: false,
  encrypted: true,
};
const kinds = (remarks: { kind: string }[]) => remarks.map(({ kind }) => kind);

describe('reading', () => {
  test('a role with everything lacks nothing', () => expect(kinds(judgeReading(healthy, target))).toEqual(['good']));

  test('a missing extension costs Statements and names its SQL', () => {
    const [remark] = judgeReading({ ...healthy, extensions: new Map() }, target);
    expect(remark).toMatchObject({ kind: 'missing', fixSql: 'create extension if not exists pg_stat_statements;' });
    expect(remark?.text).toMatch(/Without it there is no: .*[Ss]tatements|Without it there is no: .*[Ss]low/);
  });

  test('a missing grant says what stays unknown, with the role quoted where it must be', () => {
    const grants = new Set(['pg_use_reserved_connections']);
    const remarks = judgeReading({ ...healthy, grants }, target);
    expect(remarks.find(({ kind }) => kind === 'missing')?.fixSql).toBe('grant pg_monitor to "Reader";');
  });

  test('PostgreSQL 13 cannot be watched', () => {
    const remarks = judgeReading({ ...healthy, versionNum: 130000, major: 13, version: '13.9' }, target);
    expect(remarks.some(({ kind, text }) => kind === 'missing' && text.includes('PostgreSQL 13.9'))).toBe(true);
  });

  test('what could be better is advice', () => {
    const lesser = {
      ...healthy,
      superuser: true,
      pooled: true,
      encrypted: false,
      settings: new Map([['track_io_timing', 'off']]),
    };
    expect(kinds(judgeReading(lesser, target))).toEqual(['good', 'advice', 'advice', 'advice', 'advice']);
    expect(kinds(judgeReading({ ...healthy, encrypted: false }, { ...target, host: '127.0.0.1' }))).toEqual(['good']);
    expect(kinds(judgeReading({ ...healthy, encrypted: false }, { ...target, host: '127.evil.com' }))).toContain(
      'advice',
    );
  });
});

describe('acting', () => {
  test('without pg_signal_backend only own sessions: missing for a role named for acting, advice otherwise', () => {
    const lesser = { ...healthy, grants: new Set<string>() };
    expect(kinds(judgeActing(lesser, true))).toEqual(['missing', 'missing', 'advice']);
    expect(kinds(judgeActing(lesser, false))).toEqual(['advice', 'advice']);
  });
  test('a role named for acting must see whom it signals', () => {
    const blind = { ...healthy, grants: new Set(['pg_signal_backend', 'pg_maintain']) };
    const [remark, ...others] = judgeActing(blind, true);
    expect(remark).toMatchObject({ kind: 'missing', fixSql: 'grant pg_read_all_stats to "Reader";' });
    expect(others).toEqual([]);
    expect(kinds(judgeActing(blind, false))).toEqual(['good']);
  });
  test('with the grants, as superuser, on a standby', () => {
    expect(kinds(judgeActing(healthy, true))).toEqual(['good']);
    expect(kinds(judgeActing({ ...healthy, superuser: true }, true))).toEqual(['good']);
    expect(kinds(judgeActing({ ...healthy, inRecovery: true }, true))).toEqual(['advice']);
  });
});
