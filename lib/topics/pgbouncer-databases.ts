import { z } from 'zod';
import { maybeCount, maybeFlag, maybeIdentity, maybeSeconds, maybeText, text } from './column';
import { datnameMeaning, figure, homeNames, real, sizeOrNone, word, yes } from './console';
import { defineTopic } from './topic';

/** The databases that PgBouncer offers, with where each leads and its limits. */
export const pgbouncerDatabases = defineTopic({
  id: 'pgbouncer-databases',
  title: "PgBouncer's databases",
  summary: 'Databases that PgBouncer offers: where each leads, its limits, and whether it is paused.',
  scope: 'server',
  cadenceSeconds: 60,
  requires: [],
  sources: ['SHOW DATABASES'],
  always: false,
  console: {
    show: [{ command: 'DATABASES' }],
    rows(shown, isHome, minor) {
      const names = homeNames(shown, isHome);
      return real(shown.DATABASES, 'name').map((row) => ({
        name: row.name,
        datname: names.get(row.name) ?? null,
        host: word(row, 'host'),
        port: figure(row, 'port'),
        database: word(row, 'database'),
        force_user: word(row, 'force_user'),
        pool_size: sizeOrNone(figure(row, 'pool_size'), minor),
        min_pool_size: figure(row, 'min_pool_size'),
        reserve_pool_size: figure(row, 'reserve_pool_size') ?? figure(row, 'reserve_pool'),
        server_lifetime_seconds: figure(row, 'server_lifetime'),
        pool_mode: word(row, 'pool_mode'),
        load_balance_hosts: word(row, 'load_balance_hosts'),
        max_connections: figure(row, 'max_connections') || null,
        current_connections: figure(row, 'current_connections'),
        max_client_connections: figure(row, 'max_client_connections') || null,
        current_client_connections: figure(row, 'current_client_connections'),
        paused: yes(row, 'paused'),
        disabled: yes(row, 'disabled'),
      }));
    },
  },
  row: z.object({
    name: text('The database as clients of PgBouncer name it.'),
    datname: maybeText(datnameMeaning),
    host: maybeText('The host that PgBouncer connects to; null: its own Unix socket.'),
    port: maybeIdentity('The port that PgBouncer connects to.'),
    database: maybeText('The database that PgBouncer connects to there.'),
    force_user: maybeText('The user that PgBouncer signs in as, whoever the client is; null: as the client.'),
    pool_size: maybeCount('Most server connections of each of its pools; null: no limit (from 1.24 on).'),
    min_pool_size: maybeCount('Server connections that each pool keeps.'),
    reserve_pool_size: maybeCount('How many more a pool may open when clients have waited for long.'),
    server_lifetime_seconds: maybeSeconds('After so long a server connection is renewed (from 1.23 on).'),
    pool_mode: maybeText('When a server connection goes back to the pool; null: as pool_mode says for all.'),
    load_balance_hosts: maybeText('How hosts are chosen where there are several (from 1.24 on).'),
    max_connections: maybeCount('Most server connections with all its pools; null: no limit.'),
    current_connections: maybeCount('Server connections with all its pools.'),
    max_client_connections: maybeCount('Most clients (from 1.24 on); null: no limit.'),
    current_client_connections: maybeCount('Clients (from 1.24 on).'),
    paused: maybeFlag('Whether it is paused: its clients wait until it is resumed.'),
    disabled: maybeFlag('Whether it refuses new clients.'),
  }),
  key: ['name'],
  databaseColumn: 'datname',
});
