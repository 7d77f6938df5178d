import type { Plan, WorkAction } from '@/lib/actions/action';
import type { Fact, InTheWay, LockTaken, PastRun } from '@/lib/actions/protocol';
import type { Subject } from '@/lib/actions/subjects/subject';
import type { Audit } from '@/lib/audit/audit';
import type { Server } from '@/lib/runtime';
import { conflictingModes } from '@/lib/topics/lock-modes';
import { type Actor, look, type Query } from './look';
import type { Reads } from './subject-now';
import { age } from './words';

/** What stands in the way of a plan, what would stand behind it, and what it costs. */
export type Preflight = {
  locks: LockTaken[];
  waitsFor: InTheWay[];
  wouldQueue: InTheWay[];
  estimates: Fact[];
  past: PastRun[];
  warnings: string[];
};

/** What a pre-flight looks at; `elsewhere` reads in the database of the subject. */
export type Flight = {
  server: Server;
  action: WorkAction;
  plan: Plan;
  subject: Subject;
  who: Actor;
  audit: Audit;
  elsewhere: Reads;
};

/** Looks at a plan's locks and costs; changes nothing. */
export async function preflight({ server, plan, subject }: Flight): Promise<Preflight> {
  const claims = plan.steps.flatMap(({ locks }) => locks);
  const database = 'database_oid' in subject ? subject.database_oid : 0;
  const waitsFor = await look(server.connections, async (query) => {
    const all: InTheWay[] = [];
    for (const { oid, mode } of claims.slice(0, 50)) all.push(...(await inTheWay(query, oid, database, mode)));
    return all;
  });
  return {
    locks: claims.map(({ relation, mode }) => ({ relation, mode })),
    waitsFor,
    wouldQueue: plan.queues ? [{ pid: null, mode: null, granted: null, seconds: null, sentence: plan.queues }] : [],
    estimates: [],
    past: [],
    warnings: [],
  };
}

/**
 * Sessions that hold or await a lock on relation `$1` of database `$2` in one of the modes `$3::text[]`, holders first;
 * database 0 is that of shared relations.
 */
const inTheWaySql = `select /* pgdeck:in-the-way */ l.pid, l.mode, l.granted,
  extract(epoch from clock_timestamp() - coalesce(l.waitstart, a.xact_start))::float8 as seconds,
  a.state, a.application_name, a.backend_type
from pg_catalog.pg_locks as l
left join pg_catalog.pg_stat_get_activity(null) as a on a.pid = l.pid
where l.locktype = 'relation' and l.relation = $1::oid and l.database = $2::oid and l.mode = any($3::text[])
  and l.pid <> pg_catalog.pg_backend_pid()
order by l.granted desc, l.waitstart nulls last, l.pid
limit 50`;

type Row = {
  pid: number;
  mode: string;
  granted: boolean;
  seconds: number | null;
  state: string | null;
  application_name: string | null;
  backend_type: string | null;
};

/** Sessions that a lock of this mode would wait for, holders first. */
export async function inTheWay(query: Query, oid: number, databaseOid: number, mode: string): Promise<InTheWay[]> {
  const { rows } = await query<Row>(inTheWaySql, [oid, databaseOid, conflictingModes(mode)]);
  return rows.map((row) => {
    const who = `Session ${row.pid}${row.application_name ? ` (${row.application_name})` : ''}`;
    const what =
      row.backend_type === 'autovacuum worker' ? 'Autovacuum gives way by itself when it is waited for. ' : '';
    const since = row.seconds === null ? '' : ` for ${age(row.seconds)}`;
    return {
      pid: row.pid,
      mode: row.mode,
      granted: row.granted,
      seconds: row.seconds,
      sentence: row.granted
        ? `${who} holds ${row.mode}${row.state ? `, ${row.state}` : ''}, in a transaction${since}. ${what}`.trim()
        : `${who} waits for ${row.mode}${since} and comes before this.`,
    };
  });
}
