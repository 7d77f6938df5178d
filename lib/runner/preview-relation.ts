import { ApiError } from '@/lib/access/errors';
import type { RelationAction } from '@/lib/actions/action';
import type { InTheWay, RelationTarget } from '@/lib/actions/protocol';
import { inTheWaySql, type Relation, relationSql } from '@/lib/actions/relation';
import { count, plural } from '@/lib/format';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import { conflictingModes } from '@/lib/topics/lock-modes';
import type { Draft } from './draft';
import { type Actor, actor, look, type Query } from './look';
import { age } from './words';

/** What would happen to one relation; 404 where it is gone, 422 where the action is not for it or for this server. */
export async function previewRelation(
  action: RelationAction,
  target: RelationTarget,
  options: Record<string, unknown>,
  connections: ServerConnections,
): Promise<Draft> {
  // A failed attempt to connect would make every other question to this server wait.
  const databases = connections.capabilities?.databases;
  if (databases && !databases.includes(target.database))
    throw new ApiError(404, 'not_found', `There is no database "${target.database}" to connect to.`, 'target.database');
  const { who, own } = await look(connections, async (query) => {
    const who = await actor(query);
    // In the database that the role is connected to, the connection that acts also looks.
    const own = who.database === target.database ? await relationOf(query, target, who) : undefined;
    return { who, own };
  });
  if (action.writes && who.in_recovery)
    throw new ApiError(
      422,
      'standby',
      'This server is a standby and only answers reads: run it on the primary. Nothing was done.',
    );
  // Only the way of the role that acts counts, and it has been used just now.
  if (connections.actionPooled)
    throw new ApiError(
      422,
      'pooler',
      'This needs a session of its own, and a transaction pooler stands between. Give pgdeck a direct address (PGDECK_ACTION_URL).',
    );
  const relation =
    own ??
    (await relationOf(
      async (text, values) => ({ rows: await connections.ask('walking', target.database, text, values) }),
      target,
      who,
    ));
  const refused = action.refuse(relation);
  if (refused) throw new ApiError(422, refused.code, `${refused.message} Nothing was done.`);
  const waitsFor = await look(connections, (query) => inTheWay(query, relation, action.mode));
  const superuser = who.superuser
    ? `Role ${who.role} is a superuser: PostgreSQL refuses it nothing. Give pgdeck a role that owns what it should maintain instead.`
    : action.missingRight(relation, who.role);
  const holders = waitsFor.filter(({ granted }) => granted).length;
  return {
    typed: relation.name,
    epoch: who.epoch,
    plan: { kind: 'relation', action, relation, options },
    preview: {
      action: action.id,
      title: action.words.question(relation.quoted),
      target,
      effect: action.words.effect(relation),
      facts: [
        { label: 'Relation', value: `${relation.quoted} in ${relation.database}` },
        { label: 'Owner', value: relation.owner ?? 'unknown' },
        {
          label: 'Rows',
          value: relation.estimated_rows < 0 ? 'never counted' : `about ${count(relation.estimated_rows)} (estimate)`,
        },
        ...(relation.changed_rows === null
          ? []
          : [{ label: 'Changed since the last analyze', value: plural(relation.changed_rows, 'row') }]),
        { label: 'Last analyzed', value: lastAnalyzed(relation) },
      ],
      sql: [action.sql(relation, options)],
      role: who.role,
      guard:
        'Schema, name and kind behind the OID are read again just before, on the session that acts, and the result is read by OID. PostgreSQL itself goes by the name.',
      locks: [{ relation: relation.quoted, mode: action.mode }],
      waitsFor,
      wouldQueue: [{ pid: null, mode: null, granted: null, seconds: null, sentence: action.words.queues }],
      warnings: [
        superuser,
        holders > 0
          ? `${plural(holders, 'session')} ${holders === 1 ? 'stands' : 'stand'} in the way now: it waits at most 2 s for the lock, then gives up.`
          : undefined,
      ].filter((warning) => warning !== undefined),
    },
  };
}

/** What only reads: a session of the action role, or a question in another database. */
type Reads = <Row>(text: string, values?: unknown[]) => Promise<{ rows: Row[] }>;

/** The relation behind an OID as it is now; 404 where there is none. */
export async function relationOf(query: Reads, target: RelationTarget, who: Actor): Promise<Relation> {
  const [found] = (await query<Relation>(relationSql(target.oid, who.major), [who.role])).rows;
  if (!found)
    throw new ApiError(
      404,
      'not_found',
      `Database ${target.database} has no relation with OID ${target.oid}.`,
      'target.oid',
    );
  return { ...found, database: target.database };
}

/** Sessions that a lock of this mode would wait for, holders first. */
export async function inTheWay(query: Query, relation: Relation, mode: string): Promise<InTheWay[]> {
  const { rows } = await query<Row>(inTheWaySql, [relation.oid, relation.database_oid, conflictingModes(mode)]);
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

type Row = {
  pid: number;
  mode: string;
  granted: boolean;
  seconds: number | null;
  state: string | null;
  application_name: string | null;
  backend_type: string | null;
};

function lastAnalyzed({ last_analyze, last_autoanalyze }: Relation): string {
  const last = [last_analyze, last_autoanalyze]
    .filter((time) => time !== null)
    .sort()
    .at(-1);
  if (!last) return 'never, or not since the statistics were reset';
  return last === last_analyze ? last : `${last} (by autovacuum)`;
}
