import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { targetFromUrl } from './target';

const target = (query: string) => targetFromUrl('DATABASE_URL', `postgres://u:p@db.example/shop?${query}`);

// Fails when `readConnectionUrl` in lib/config-early.mjs lets other parameters through.
describe('T13: of a connection string only what is on a list is taken', () => {
  test.each([
    'options=-c%20default_transaction_read_only%3Doff',
    'ssl=true',
    'sslmode=no-verify',
    'service=other',
    'hostaddr=169.254.169.254',
    'passfile=/etc/passwd',
    'krbsrvname=x',
    'replication=database',
    'sslpassword=x',
    'sslcrl=/etc/passwd',
    'requirepeer=root',
    'load_balance_hosts=random',
    'binary=true',
    'stream=x',
    '__proto__=x',
    'constructor=x',
  ])('%s is refused', (query) => expect(() => target(query)).toThrow(/^DATABASE_URL: /));

  test('what is handed on has named parts and nothing else', () => {
    const { tls, ...rest } = target('sslmode=require&application_name=x&connect_timeout=1');
    expect(rest).toEqual({ host: 'db.example', port: 5432, database: 'shop', user: 'u', password: 'p' });
    expect(tls).toEqual({ mode: 'require' });
  });
});

// Fails when a path of the API reads one of them.
test('T13: no path of the API takes an address to connect to', () => {
  const api = join(import.meta.dirname, '..', '..', 'app', 'api');
  const files = readdirSync(api, { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const takes = /targetFrom|readConnectionUrl|connectionString|lib\/postgres\/target/;
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((name) => takes.test(readFileSync(join(api, name), 'utf8')))).toEqual([]);
});
