import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '@/e2e/fixtures/certificate';
import type { ServerConfig } from '@/lib/config';
import type { PostgresProblem, Problem } from '@/lib/postgres/errors';
import { targetFromUrl } from '@/lib/postgres/target';
import { Console } from './console';
import { hasPgBouncer, TestPgBouncer } from './test-pgbouncer';

// Without PgBouncer there is nothing to encrypt.
describe.skipIf(!hasPgBouncer)("an encrypted connection to PgBouncer's console", () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-console-tls-'));
  const own = makeCertificate('localhost');
  const consoles: Console[] = [];
  let pooler: TestPgBouncer;

  beforeAll(async () => {
    writeFileSync(join(folder, 'own.crt'), own.cert);
    writeFileSync(join(folder, 'other.crt'), makeCertificate('localhost').cert);
    pooler = await TestPgBouncer.start({
      databases: {},
      users: { looker: 'looker' },
      settings: { stats_users: 'looker', client_tls_sslmode: 'require' },
      tls: own,
    });
  });
  afterAll(async () => {
    for (const console of consoles) console.close();
    await pooler?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (host: string, query: string): Promise<string | null | Problem> => {
    const url = `${pooler.url('looker').replace(pooler.host, host)}?${query}`;
    const pgbouncer = targetFromUrl('pgbouncerUrl', url);
    const console = new Console(() => ({ pgbouncer }) as ServerConfig);
    consoles.push(console);
    try {
      const { rows } = await console.send('SHOW CLIENTS');
      return rows.find(({ database }) => database === 'pgbouncer')?.tls as string;
    } catch (error) {
      return (error as PostgresProblem).problem;
    }
  };
  const root = (name: string) => `sslrootcert=${encodeURIComponent(join(folder, `${name}.crt`))}`;

  test('sslmode says what is asked of the certificate, and PgBouncer shows that it is encrypted', async () => {
    const encrypted = expect.stringMatching(/^TLSv1\.[23]\//);
    expect(await ask('127.0.0.1', 'sslmode=prefer')).toEqual(encrypted);
    expect(await ask('127.0.0.1', 'sslmode=require')).toEqual(encrypted);
    expect(await ask('127.0.0.1', `sslmode=verify-ca&${root('own')}`)).toEqual(encrypted);
    expect(await ask('localhost', `sslmode=verify-full&${root('own')}`)).toEqual(encrypted);
  });

  test('another authority, another name and no encryption at all are refused in words', async () => {
    const refused = (sentence: string) => expect.objectContaining({ reason: 'unreachable', sentence });
    const selfSigned = refused("PgBouncer's certificate is self-signed.");
    for (const query of [
      `sslmode=verify-full&${root('other')}`,
      `sslmode=verify-ca&${root('other')}`,
      'sslmode=verify-full',
    ])
      expect(await ask('localhost', query), query).toEqual(selfSigned);
    // As libpq: with an authority at hand `require` looks at it.
    expect(await ask('localhost', `sslmode=require&${root('other')}`)).toEqual(selfSigned);
    expect(await ask('127.0.0.1', `sslmode=verify-full&${root('own')}`)).toEqual(
      refused("PgBouncer's certificate is for another host name."),
    );
    expect(await ask('localhost', 'sslmode=disable')).toEqual(refused('PgBouncer takes encrypted connections only.'));
  });
});
