import { z } from 'zod';
import { count, text } from './column';
import { defineTopic } from './topic';

/** The connections that pgdeck itself keeps to the watched server: figures of its own, no question to the server. */
export const pools = defineTopic({
  id: 'pools',
  title: 'Pools',
  summary: "pgdeck's own connections to this server: how many, in use, idle, and who waits for one.",
  scope: 'server',
  cadenceSeconds: 5,
  requires: [],
  sources: ['pgdeck'],
  always: true,
  figures: 'pools',
  row: z.object({
    pool: text('What the connections are for: sampling, signals or maintenance.'),
    size: count('Most connections it may have.'),
    in_use: count('Connections that carry a statement now.'),
    idle: count('Connections that are open and free.'),
    waiting: count('Statements that wait for a connection.'),
    opened_total: count('Connections opened since pgdeck started.'),
    timeouts_total: count('Statements that were cancelled because they took too long.'),
    errors_total: count('Statements and connection attempts that failed.'),
    recycled_total: count('Connections renewed so that they do not grow on the server.'),
  }),
  key: ['pool'],
  counters: ['opened_total', 'timeouts_total', 'errors_total', 'recycled_total'],
  series: [
    {
      id: 'pools',
      title: "pgdeck's own connections",
      unit: 'connections',
      columns: ['in_use', 'idle', 'waiting'],
      aggregate: 'maximum',
      point: (rows) => [
        rows.reduce((sum, row) => sum + row.in_use, 0),
        rows.reduce((sum, row) => sum + row.idle, 0),
        rows.reduce((sum, row) => sum + row.waiting, 0),
      ],
    },
  ],
});
