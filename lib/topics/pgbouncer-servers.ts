import { z } from 'zod';
import { maybeCount, maybeFlag, maybeIdentity, maybeText, text } from './column';
import { datnameMeaning, figure, homeNames, real, word, yes } from './console';
import { defineTopic } from './topic';

/** PgBouncer's connections to servers, each with the process that serves it. */
export const pgbouncerServers = defineTopic({
  id: 'pgbouncer-servers',
  title: "PgBouncer's server connections",
  summary: "PgBouncer's connections to servers, with the backend behind each and the client that has it.",
  scope: 'server',
  cadenceSeconds: 5,
  requires: [],
  sources: ['SHOW SERVERS', 'SHOW DATABASES'],
  always: false,
  console: {
    show: [{ command: 'SERVERS' }, { command: 'DATABASES' }],
    rows(shown, isHome) {
      const names = homeNames(shown, isHome);
      return real(shown.SERVERS).map((row) => ({
        ptr: row.ptr,
        id: figure(row, 'id'),
        database: row.database,
        user: row.user,
        datname: names.get(row.database) ?? null,
        state: row.state,
        addr: word(row, 'addr'),
        port: figure(row, 'port'),
        local_addr: word(row, 'local_addr'),
        local_port: figure(row, 'local_port'),
        remote_pid: figure(row, 'remote_pid') || null,
        application_name: word(row, 'application_name'),
        connect_time: word(row, 'connect_time'),
        request_time: word(row, 'request_time'),
        close_needed: yes(row, 'close_needed'),
        link: word(row, 'link'),
        tls: word(row, 'tls'),
        replication: word(row, 'replication'),
        prepared_statements: figure(row, 'prepared_statements'),
      }));
    },
  },
  row: z.object({
    ptr: text('What PgBouncer knows this connection by while it lives.'),
    id: maybeIdentity('Number of the connection (from 1.24 on).'),
    database: text('The database as clients of PgBouncer name it.'),
    user: text('The user that PgBouncer signs in as.'),
    datname: maybeText(datnameMeaning),
    state: text('active, idle, used, tested, new, active_cancel or being_canceled.'),
    addr: maybeText('Address of the server; unix: over the Unix socket.'),
    port: maybeIdentity('Port of the server.'),
    local_addr: maybeText("PgBouncer's own address on this connection."),
    local_port: maybeIdentity("PgBouncer's own port on this connection: client_port of the session."),
    remote_pid: maybeIdentity('The backend on the server: pid of the session.'),
    application_name: maybeText('The application name of the client that has it.'),
    connect_time: maybeText("When it was opened, by PgBouncer's clock and in its time zone."),
    request_time: maybeText("When the last request went over it, by PgBouncer's clock and in its time zone."),
    close_needed: maybeFlag('Whether it is closed as soon as it is free (RECONNECT, RELOAD).'),
    link: maybeText('The client that has it now: ptr of SHOW CLIENTS.'),
    tls: maybeText('How the connection is encrypted; null: it is not.'),
    replication: maybeText('none, logical or physical (from 1.23 on).'),
    prepared_statements: maybeCount('Statements that are prepared on it (from 1.21 on).'),
  }),
  key: ['ptr'],
  databaseColumn: 'datname',
});
