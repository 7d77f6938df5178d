import { z } from 'zod';
import { count, maybeCount, maybeFlag, maybeText, seconds, text } from './column';
import { datnameMeaning, figure, homeNames, real, secondsAndRest, sizeOrNone, word, yes } from './console';
import { defineTopic, type Raw } from './topic';

/** PgBouncer's pools: one for each database and user, with the clients and the server connections in it. */
export const pgbouncerPools = defineTopic({
  id: 'pgbouncer-pools',
  title: "PgBouncer's pools",
  summary: 'Clients that work and wait, and server connections, of each pool of PgBouncer, with its size.',
  scope: 'server',
  cadenceSeconds: 5,
  requires: [],
  sources: ['SHOW POOLS', 'SHOW DATABASES', 'SHOW USERS'],
  always: true,
  moments: { everySeconds: 300 },
  console: {
    show: [{ command: 'POOLS' }, { command: 'DATABASES' }, { command: 'USERS', since: 23 }],
    rows(shown, isHome, minor) {
      const names = homeNames(shown, isHome);
      const databases = new Map(shown.DATABASES?.map((row) => [row.name, row]));
      return real(shown.POOLS).map((row) => {
        const database = databases.get(row.database);
        const own = (column: string, usual: number | null) =>
          sizeOfUser(shown.USERS ?? [], row.user, column, usual, minor);
        return {
          database: row.database,
          user: row.user,
          datname: names.get(row.database) ?? null,
          cl_active: figure(row, 'cl_active'),
          cl_waiting: figure(row, 'cl_waiting'),
          cl_active_cancel_req: figure(row, 'cl_active_cancel_req'),
          cl_waiting_cancel_req: figure(row, 'cl_waiting_cancel_req'),
          sv_active: figure(row, 'sv_active'),
          sv_active_cancel: figure(row, 'sv_active_cancel'),
          sv_being_canceled: figure(row, 'sv_being_canceled'),
          sv_idle: figure(row, 'sv_idle'),
          sv_used: figure(row, 'sv_used'),
          sv_tested: figure(row, 'sv_tested'),
          sv_login: figure(row, 'sv_login'),
          maxwait_seconds: secondsAndRest(row, 'maxwait') ?? 0,
          pool_mode: word(row, 'pool_mode'),
          load_balance_hosts: word(row, 'load_balance_hosts'),
          pool_size: sizeOrNone(own('pool_size', figure(database, 'pool_size')), minor),
          reserve_pool_size: own(
            'reserve_pool_size',
            figure(database, 'reserve_pool_size') ?? figure(database, 'reserve_pool'),
          ),
          max_connections: figure(database, 'max_connections') || null,
          current_connections: figure(database, 'current_connections'),
          paused: yes(database, 'paused'),
          disabled: yes(database, 'disabled'),
        };
      });
    },
  },
  row: z.object({
    database: text('The database as clients of PgBouncer name it.'),
    user: text('The user of the pool.'),
    datname: maybeText(datnameMeaning),
    cl_active: count('Clients that are linked to a server connection, or idle with nothing to do.'),
    cl_waiting: count('Clients that have sent a statement and wait for a server connection.'),
    cl_active_cancel_req: maybeCount('Clients whose cancel was forwarded and is not answered yet.'),
    cl_waiting_cancel_req: maybeCount('Clients whose cancel has not been forwarded yet.'),
    sv_active: count('Server connections that are linked to a client.'),
    sv_active_cancel: maybeCount('Server connections that forward a cancel.'),
    sv_being_canceled: maybeCount('Server connections that wait until the cancels of their statement are over.'),
    sv_idle: count('Server connections that can be used at once.'),
    sv_used: count('Server connections that have been idle so long that they are checked before they are used.'),
    sv_tested: count('Server connections that are checked or reset now.'),
    sv_login: count('Server connections that are signing in.'),
    maxwait_seconds: seconds('How long the first client in the queue has waited.'),
    pool_mode: maybeText('When a server connection goes back to the pool: session, transaction or statement.'),
    load_balance_hosts: maybeText('How hosts are chosen where the database has several (from 1.24 on).'),
    pool_size: maybeCount('Most server connections of this pool; null: no limit (from 1.24 on), or it is not known.'),
    reserve_pool_size: maybeCount('How many more it may open when clients have waited for long.'),
    max_connections: maybeCount('Most server connections of this database with all its pools; null: no limit.'),
    current_connections: maybeCount('Server connections of this database with all its pools.'),
    paused: maybeFlag('Whether the database is paused: its clients wait until it is resumed.'),
    disabled: maybeFlag('Whether the database refuses new clients.'),
  }),
  key: ['database', 'user'],
  databaseColumn: 'datname',
  series: [
    {
      id: 'pgbouncer-pools',
      title: "PgBouncer's clients and server connections",
      unit: 'connections',
      columns: ['cl_active', 'cl_waiting', 'sv_active', 'sv_idle', 'sv_used'],
      aggregate: 'maximum',
      point: (rows) =>
        (['cl_active', 'cl_waiting', 'sv_active', 'sv_idle', 'sv_used'] as const).map((column) =>
          rows.reduce((sum, row) => sum + row[column], 0),
        ),
    },
    {
      id: 'pgbouncer-maxwait',
      title: "Longest wait of PgBouncer's clients",
      unit: 'seconds',
      columns: ['maxwait'],
      aggregate: 'maximum',
      point: (rows) => [rows.reduce((most, row) => Math.max(most, row.maxwait_seconds), 0)],
    },
  ],
});

/**
 * The size that a user has of its own, else the database's. Before 1.26 SHOW USERS repeats the size of the row before for a
 * user that has none: such a one is not known, where it is not the database's all the same.
 */
function sizeOfUser(users: Raw[], user: unknown, column: string, usual: number | null, minor: number): number | null {
  const at = users.findIndex(({ name }) => name === user);
  const own = figure(users[at], column);
  if (own === null) return usual;
  const isRepeated = minor < 26 && own === figure(users[at - 1], column);
  return isRepeated && own !== usual ? null : own;
}
