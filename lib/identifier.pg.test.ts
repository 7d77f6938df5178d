import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startEmbedded } from '@/lib/embedded/server';
import { quoted } from '@/lib/identifier';

test('names are quoted as the server quotes them, key words too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-quoted-'));
  const server = await startEmbedded({
    major: 18,
    dataDir: join(folder, 'data'),
    settings: { fsync: 'off' },
    superuserPassword: 'only-for-tests',
  });
  const { port } = server;
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: 'only-for-tests',
    database: 'postgres',
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ word: string; name: string }>(
      `select w as word, quote_ident(w) as name
       from unnest(array(select word from pg_get_keywords()) || $1::text[]) as w`,
      [['plain', 'two words', 'Upper', '9to5', 'a_b', 'a$b', 'say "hi"', 'été']],
    );
    expect(rows.length).toBeGreaterThan(400);
    expect(rows.filter(({ word, name }) => quoted(word) !== name).map(({ word }) => word)).toEqual([]);
  } finally {
    await client.end();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
