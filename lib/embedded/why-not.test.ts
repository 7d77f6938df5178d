import { expect, test } from 'vitest';
import { whyNotStarted } from './why-not';

const place = { version: '18.4', dataDir: '/state/history/pgdata-18', address: 'port 5999 on 127.0.0.1' };
const reasonFor = (said: string) => whyNotStarted(said, place).reason;

// As PostgreSQL 18.4 says it.
test.each([
  'PANIC:  could not read file "global/pg_control": read 0 of 296',
  'FATAL:  incorrect checksum in control file',
  'FATAL:  database files are incompatible with server\nDETAIL:  The database cluster was initialized with PG_CONTROL_VERSION 0, but the server was compiled with PG_CONTROL_VERSION 1800.',
  'postgres: could not find the database system\nbut could not open file "/d/global/pg_control": No such file or directory',
  'FATAL:  required WAL directory "pg_wal" does not exist',
  'PANIC:  could not locate a valid checkpoint record at 0/174B250',
  'FATAL:  could not open file "global/pg_filenode.map": No such file or directory',
  'FATAL:  could not access status of transaction 752\nDETAIL:  Could not open file "pg_xact/0000": No such file or directory.',
  'postgres: could not access the server configuration file "/d/postgresql.conf": No such file or directory',
])('damaged data is known by what PostgreSQL says: %s', (said) => {
  expect(reasonFor(said)).toBe('damaged');
});

test.each([
  ['PANIC:  could not write to file "pg_wal/xlogtemp.17": No space left on device', 'disk-full'],
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'disk-full'],
  ['FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes at block 10', 'disk-full'],
  ['PANIC:  could not open file "global/pg_control": Permission denied', 'folder'],
  ['postgres: could not access the server configuration file "/d/postgresql.conf": Permission denied', 'folder'],
  ['FATAL:  data directory "/d" has invalid permissions', 'folder'],
  ['FATAL:  could not create lock file "postmaster.pid": Read-only file system', 'folder'],
  ['FATAL:  could not bind', 'port'],
  ['FATAL:  could not create any TCP/IP sockets', 'port'],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'other'],
  ['PANIC:  could not read file "global/pg_control": Input/output error', 'other'],
  ['FATAL:  lock file "postmaster.pid" already exists', 'other'],
  [
    'DETAIL:  initialized with CATALOG_VERSION_NO 202506291, but compiled with CATALOG_VERSION_NO 202507231.',
    'version',
  ],
  ['LOG:  database system was not properly shut down; automatic recovery in progress', 'other'],
])('what passes or can be mended is never called damaged: %s', (said, reason) => {
  expect(reasonFor(said)).toBe(reason);
});
