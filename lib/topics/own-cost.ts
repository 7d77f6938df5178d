import { z } from 'zod';
import { count, milliseconds, text } from './column';
import { defineTopic } from './topic';
import { totalRate } from './total-rate';

/** What pgdeck's own statements take, as pgdeck measures it: no question to the server. */
export const ownCost = defineTopic({
  id: 'own-cost',
  title: "pgdeck's own cost",
  summary: "pgdeck's own statements by what they are for: how many, and the time until they were answered.",
  scope: 'server',
  cadenceSeconds: 10,
  requires: [],
  sources: ['pgdeck'],
  always: true,
  figures: 'statements',
  beginsAtZero: true,
  row: z.object({
    statement: text('What the statement is for: the tag it carries, mostly the id of a topic.'),
    calls: count('Statements sent since pgdeck started.'),
    elapsed_ms: milliseconds('Time from sending to the answer in all: more than the server took, by the network.'),
    server_ms: milliseconds('The same less what the quickest answer of all took for each: about what the server took.'),
  }),
  key: ['statement'],
  counters: ['calls', 'elapsed_ms', 'server_ms'],
  series: [
    {
      id: 'own-statements',
      title: "pgdeck's own statements",
      unit: '/s',
      columns: ['statements'],
      aggregate: 'average',
      point: (rows) => [totalRate(rows, 'calls_per_second')],
    },
    {
      id: 'own-time',
      title: "Time of pgdeck's own statements",
      unit: 'ms/s',
      columns: ['server_ms'],
      aggregate: 'average',
      point: (rows) => [totalRate(rows, 'server_ms_per_second')],
    },
  ],
});
