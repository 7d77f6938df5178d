import type { Reader } from './reader';

/** What one statement, relation or database is asked by. */
export type KeyedOf =
  | { id: 'statement'; sid: string }
  | { id: 'table' | 'index'; database: string; oid: number }
  | { id: 'database'; database: string };

/** The key under which it is recorded; undefined where nothing was ever recorded of it. */
export async function keyOf(reader: Reader, server: number, of: KeyedOf): Promise<string | undefined> {
  if (of.id === 'database') {
    const id = await reader.wordId('database', of.database);
    return id === undefined ? undefined : String(id);
  }
  const [row] =
    of.id === 'statement'
      ? await reader.rows<{ key: string }>(
          'select /* pgdeck:read */ s.sid::text as key from pgdeck.statement as s where s.server_id = $1::int4 and s.sid = $2::int8',
          [server, of.sid],
        )
      : await reader.rows<{ key: string }>(
          // A database that was made anew has another OID: the newest counts.
          `select /* pgdeck:read */ r.rid::text as key from pgdeck.relation as r
where r.server_id = $1::int4 and r.datname = $2 and r.rid & 4294967295 = $3::int8 order by r.last_seen desc, r.first_seen desc limit 1`,
          [server, of.database, of.oid],
        );
  return row?.key;
}
