import { z } from 'zod';
import { flag, maybeCount, maybeIdentity, maybeSeconds, maybeText, text } from './column';
import { connectionTimes, datnameMeaning, figure, homeNames, real, secondsAndRest, word } from './console';
import { defineTopic } from './topic';

/** Who is connected to PgBouncer. */
export const pgbouncerClients = defineTopic({
  id: 'pgbouncer-clients',
  title: "PgBouncer's clients",
  summary: 'Clients of PgBouncer with their state, address, application and wait.',
  scope: 'server',
  cadenceSeconds: 5,
  requires: [],
  sources: ['SHOW CLIENTS', 'SHOW DATABASES'],
  always: false,
  console: {
    show: [{ command: 'CLIENTS' }, { command: 'DATABASES' }],
    rows(shown, isHome) {
      const names = homeNames(shown, isHome);
      const times = connectionTimes(shown.CLIENTS ?? []);
      return real(shown.CLIENTS).map((row) => {
        const waits = String(row.state).startsWith('waiting');
        return {
          ptr: row.ptr,
          id: figure(row, 'id'),
          database: row.database,
          user: row.user,
          datname: names.get(row.database) ?? null,
          state: row.state,
          waits,
          wait_seconds: waits ? secondsAndRest(row, 'wait') : null,
          addr: word(row, 'addr'),
          port: figure(row, 'port'),
          application_name: word(row, 'application_name'),
          connect_time: word(row, 'connect_time'),
          request_time: word(row, 'request_time'),
          connected_seconds: times.since(row, 'connect_time'),
          request_seconds: times.since(row, 'request_time'),
          link: word(row, 'link'),
          remote_pid: figure(row, 'remote_pid') || null,
          tls: word(row, 'tls'),
          replication: word(row, 'replication'),
          prepared_statements: figure(row, 'prepared_statements'),
        };
      });
    },
  },
  row: z.object({
    ptr: text('What PgBouncer knows this connection by while it lives.'),
    id: maybeIdentity('Number of the client (from 1.24 on).'),
    database: text('The database as the client names it.'),
    user: text('The user that it signed in as.'),
    datname: maybeText(datnameMeaning),
    state: text(
      'active, idle, waiting, active_cancel_req or waiting_cancel_req; older versions call idle clients active.',
    ),
    waits: flag('Whether it waits for a server connection.'),
    wait_seconds: maybeSeconds('How long it has waited; null where it does not wait.'),
    addr: maybeText('Address of the client; unix: it came over the Unix socket.'),
    port: maybeIdentity('Port of the client.'),
    application_name: maybeText('The application name that the client gave.'),
    connect_time: maybeText("When it connected, by PgBouncer's clock and in its time zone."),
    request_time: maybeText("When its last request came, by PgBouncer's clock and in its time zone."),
    connected_seconds: maybeSeconds("How long it has been connected, by PgBouncer's clock."),
    request_seconds: maybeSeconds("How long ago its last request came, by PgBouncer's clock."),
    link: maybeText('The server connection that it has now: ptr of SHOW SERVERS.'),
    remote_pid: maybeIdentity('Process of the client, where it came over the Unix socket.'),
    tls: maybeText('How the connection is encrypted; null: it is not.'),
    replication: maybeText('none, logical or physical (from 1.23 on).'),
    prepared_statements: maybeCount('Statements that the client has prepared (from 1.21 on).'),
  }),
  key: ['ptr'],
  databaseColumn: 'datname',
});
