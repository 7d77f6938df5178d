import type { RelationIdentity, StatementIdentity } from './identities';
import { type Columns, insertRows } from './insert-rows';

type Run = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

const statementColumns: Columns = [
  ['server_id', 'int4'],
  ['sid', 'int8'],
  ['dbid', 'int8'],
  ['userid', 'int8'],
  ['queryid', 'int8'],
  ['toplevel', 'bool'],
  ['datname', 'text'],
  ['usename', 'text'],
  ['query', 'text'],
  ['first_seen', 'timestamptz'],
  ['last_seen', 'date'],
];
/** A text that is known stays: it was masked when it came. */
const statementConflict = `on conflict (server_id, sid) do update set
  datname = coalesce(excluded.datname, statement.datname), usename = coalesce(excluded.usename, statement.usename),
  query = coalesce(statement.query, excluded.query), last_seen = greatest(statement.last_seen, excluded.last_seen)`;

const relationColumns: Columns = [
  ['server_id', 'int4'],
  ['rid', 'int8'],
  ['datname', 'text'],
  ['schemaname', 'text'],
  ['relname', 'text'],
  ['kind', 'text'],
  ['of_rid', 'int8'],
  ['first_seen', 'timestamptz'],
  ['last_seen', 'date'],
];
const relationConflict = `on conflict (server_id, rid) do update set
  datname = excluded.datname, schemaname = excluded.schemaname, relname = excluded.relname, kind = excluded.kind,
  of_rid = excluded.of_rid, last_seen = greatest(relation.last_seen, excluded.last_seen)`;

const atOnce = 32;

/** Text that PostgreSQL takes: it has no zero bytes. */
const storable = (text: string | null) => text?.replaceAll('\0', '') ?? null;

/** A masked text has no comments: the tag of pgdeck's own statements is put back, for what pgdeck costs is told by it. */
function withTag(query: string, masked: string): string {
  const tag = /^\s*\w+\s*(\/\* pgdeck:[a-z-]+ \*\/)/.exec(query)?.[1];
  return tag === undefined || masked.includes(tag) ? masked : masked.replace(/^\s*\w+/, (word) => `${word} ${tag}`);
}

/** Writes what statements and relations are; `mask` takes the values out of a statement's text. */
export async function writeIdentities(
  run: Run,
  serverId: number,
  { statements, relations }: { statements: StatementIdentity[]; relations: RelationIdentity[] },
  mask: (text: string) => string,
  now: number,
): Promise<void> {
  const seen = new Date(now).toISOString();
  const day = seen.slice(0, 10);
  // In the order of their keys: two that write the same ones then wait for each other, never in a circle.
  const bySid = [...statements].sort((a, b) => (a.sid < b.sid ? -1 : 1));
  // To mask takes a while: others have their turn between.
  for (let from = 0; from < bySid.length; from += atOnce)
    await insertRows(
      run,
      'statement',
      statementColumns,
      bySid
        .slice(from, from + atOnce)
        .map(({ sid, dbid, userid, queryid, toplevel, datname, usename, query }) => [
          serverId,
          sid,
          dbid,
          userid,
          queryid,
          toplevel,
          storable(datname),
          storable(usename),
          query === null ? null : storable(withTag(query, mask(query))),
          seen,
          day,
        ]),
      statementConflict,
    );
  const byRid = [...relations].sort((a, b) => (a.rid < b.rid ? -1 : 1));
  await insertRows(
    run,
    'relation',
    relationColumns,
    byRid.map(({ rid, datname, schemaname, relname, kind, of }) => [
      serverId,
      rid,
      storable(datname),
      storable(schemaname),
      storable(relname),
      kind,
      of,
      seen,
      day,
    ]),
    relationConflict,
  );
}
