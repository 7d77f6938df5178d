import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { connectionHeadroom } from './connection-headroom';
import { judge, plain } from './test-given';

describe('connection headroom', () => {
  const row = (changes: Partial<Row<'connections'>>): Partial<Row<'connections'>> => ({
    datname: 'shop',
    usename: 'app',
    application_name: 'billing-api',
    state: 'idle',
    connections: 1,
    max_connections: 200,
    ceiling: 193,
    datconnlimit: null,
    rolconnlimit: null,
    ...changes,
  });

  test('says how many are taken, of what an application can have', () => {
    const { findings } = judge(connectionHeadroom, { connections: [row({ connections: 163 })] });
    expect(findings).toMatchObject([{ severity: 'warning', object: { kind: 'server' } }]);
    expect(plain(findings[0]?.title)).toBe('163 of 193 connections for applications are taken (84 %).');
    expect(plain(findings[0]?.detail)).toContain('163 of them are those of billing-api.');
    expect(plain(findings[0]?.detail)).toContain('Warning from 80 %.');
  });

  test('80 % of max_connections may be more than is left: the reserved slots count', () => {
    // pghero's 500 never fires at max_connections = 100, and others compare with 100 although 97 is the end.
    const full = row({ connections: 93, max_connections: 100, ceiling: 97 });
    expect(judge(connectionHeadroom, { connections: [full] }).findings).toMatchObject([{ severity: 'critical' }]);
  });

  test('600 connections of 2,000 are no finding', () => {
    const many = row({ connections: 600, max_connections: 2000, ceiling: 1997 });
    const { findings, sentence } = judge(connectionHeadroom, { connections: [many] });
    expect(findings).toEqual([]);
    expect(plain(sentence)).toBe('600 of 1,997 connections for applications are taken (30 %)');
  });

  test('the limits of a database and of a role count on their own', () => {
    const { findings } = judge(connectionHeadroom, {
      connections: [
        row({ connections: 9, datconnlimit: 10 }),
        row({ connections: 20, usename: 'batch', datname: 'other', rolconnlimit: 20 }),
      ],
    });
    expect(findings).toMatchObject([
      { severity: 'warning', object: { kind: 'database', name: 'shop' } },
      { severity: 'critical', object: { kind: 'role', name: 'batch' } },
    ]);
  });
});
