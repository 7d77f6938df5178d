import { z } from 'zod';
import type { RelationAction } from './action';
import { analyzedSql } from './relation';

const kinds: Record<string, string> = {
  r: 'table',
  p: 'partitioned table',
  m: 'materialized view',
  f: 'foreign table',
};
const others: Record<string, string> = {
  i: 'an index',
  I: 'a partitioned index',
  S: 'a sequence',
  v: 'a view',
  t: 'a TOAST table',
  c: 'a composite type',
};

/** Renews the planner's statistics of one table: `ANALYZE`. */
export const analyze: RelationAction = {
  id: 'analyze',
  title: 'Analyze table',
  summary: "Reads a sample of a table and renews the planner's statistics of it.",
  kind: 'relation',
  targetKinds: ['relation'],
  role: 'operator',
  confirm: 'click',
  rights:
    'Owner of the table or of the database, MAINTAIN on the table or pg_maintain (from PostgreSQL 17), or superuser.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the table',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables'],
  mode: 'ShareUpdateExclusiveLock',
  writes: true,
  refuse: ({ relkind, quoted }) =>
    relkind in kinds
      ? undefined
      : {
          code: 'not_a_table',
          message: `${quoted} is ${others[relkind] ?? 'not a table'}; only tables and materialized views have statistics to renew.`,
        },
  sql: ({ quoted }) => `analyze /* pgdeck:analyze */ ${quoted}`,
  missingRight: ({ owns, may_maintain, quoted }, role) =>
    owns || may_maintain
      ? undefined
      : `Role ${role} may not analyze ${quoted}: PostgreSQL will skip it with a warning. It must own the table or its database, or have MAINTAIN (from PostgreSQL 17).`,
  verify: analyzedSql,
  // The function and not pg_stat_progress_analyze: the view waits while pg_database is locked.
  progress: `select /* pgdeck:run-progress */ case p.param1 when 0 then 'initializing' when 1 then 'acquiring sample rows'
    when 2 then 'acquiring inherited sample rows' when 3 then 'computing statistics'
    when 4 then 'computing extended statistics' when 5 then 'finalizing analyze' else 'running' end as phase,
  p.param3::float8 as done, p.param2::float8 as total
from pg_catalog.pg_stat_get_progress_info('ANALYZE') as p where p.pid = $1`,
  words: {
    question: (relation) => `Analyze ${relation}?`,
    effect: ({ relkind }) =>
      relkind === 'p'
        ? 'PostgreSQL reads a sample of every partition and renews the statistics of each and of the whole. Reads and writes go on.'
        : "PostgreSQL reads a sample of the rows and renews the planner's statistics. Reads and writes go on.",
    queues: 'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on it wait while this runs; reads and writes do not.',
    done: (relation) => `${relation} is analyzed.`,
    nothing: (relation) => `Nothing was done: PostgreSQL skipped ${relation}.`,
    not: 'Not analyzed.',
  },
};
