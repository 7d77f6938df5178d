import { z } from 'zod';
import { count, flag, maybeCount, maybeText, text } from './column';
import { defineTopic } from './topic';

/** Who takes the server's slots and how many each may take: the configuration beside what is seen, no question to the server. */
export const applicationPools = defineTopic({
  id: 'application-pools',
  title: 'Pools of the applications',
  summary:
    "What the pools of applications, of PgBouncer and of pgdeck may open at most, and what they hold now, against the server's slots.",
  scope: 'server',
  cadenceSeconds: 5,
  requires: [],
  sources: ["pgdeck's configuration", 'connections', 'PgBouncer'],
  always: true,
  figures: 'applications',
  after: 'connections',
  moments: { everySeconds: 60 },
  row: z.object({
    kind: text(
      'application: the configuration says its pool; pgbouncer: the pools of a database of PgBouncer; pgdeck; seen: nobody said how large its pool is.',
    ),
    name: text(
      'Name in the configuration; of PgBouncer its database; else the name that the sessions give, or their role.',
    ),
    application_name: maybeText('What its sessions are told by, or all give: their application_name.'),
    usename: maybeText('What its sessions are told by, or all signed in as: their role.'),
    datname: maybeText('What its sessions are told by, or are all in: their database.'),
    sessions: count('Connections to the server that it holds itself now; those behind PgBouncer count there.'),
    waiting: count('Of these, waiting for a lock that another session holds.'),
    active: count('Of these, running a statement and waiting for no lock.'),
    idle_in_transaction: count('Of these, in an open transaction without a statement.'),
    idle: count('Of these, without a transaction.'),
    other: count('Of these, in another state, or in one that this role may not see.'),
    through_pgbouncer: flag(
      'PgBouncer has a pool for it, and as much of it comes that way as directly, or more: its slots are those of PgBouncer, and the sessions that come directly now.',
    ),
    pool_max: maybeCount(
      'Connections that one instance may open; of PgBouncer: that one of its pools may open, the reserve included. Null: nobody said, or its pools differ or have no limit that is known.',
    ),
    instances: maybeCount('Instances with a pool of their own; of PgBouncer: its pools. Null: none is seen or given.'),
    instances_from: maybeText(
      'configuration: given; seen: addresses that its sessions come from (of PgBouncer: the pools it has). Null: neither.',
    ),
    most: maybeCount(
      'Connections it may open in all: pool_max × instances, or what PgBouncer allows for the database. Null: no limit is known.',
    ),
    slots_most: count(
      'What it counts in the sum of all: most, and at least the connections it has now; behind PgBouncer only these.',
    ),
    limit_of: maybeText(
      'role or database: whose connection limit (rolconnlimit, datconnlimit) its pools come closest to. Null: no limit is known; limits are read of roles and databases that are connected.',
    ),
    limit_name: maybeText('Name of that role or database.'),
    limit: maybeCount('Connections that the role or database may have.'),
    limit_most: maybeCount('What all pools of that role or database may open together.'),
    ceiling: maybeCount('Connections an ordinary application can have: max_connections less the reserved ones.'),
    cpus: maybeCount("Processors of the server's machine, as the configuration says."),
    spindles: maybeCount("Disks of the server's machine that seek on their own, as the configuration says."),
  }),
  key: ['kind', 'name'],
});
