import { digits } from '../session';

/** What is dropped: by its name, for PostgreSQL has no other way, and by its OID. */
type Dropped = { oid: number; quoted: string };

/**
 * Drops a table, and not another one that took its name while this waited for the lock: under the lock it is seen whose
 * it is. A partition is locked after the table that it belongs to, as queries do.
 */
export function dropTableSql(tag: string, table: Dropped & { relkind: string }, parent?: string): string {
  const held = `l.locktype = 'relation' and l.relation = ${digits(table.oid)}::oid`;
  // LOCK TABLE takes no foreign tables: the lock that the drop itself took is looked at, and an error takes the drop back.
  if (table.relkind === 'f') return block(tag, [`drop foreign table ${table.quoted};`, unlessHeld(held)]);
  return block(tag, [
    ...(parent === undefined ? [] : [`lock table only ${parent} in access exclusive mode;`]),
    `lock table only ${table.quoted} in access exclusive mode;`,
    unlessHeld(held),
    `drop table ${table.quoted};`,
  ]);
}

/** Drops a statistics object in the same way: the lock that the drop took is looked at, and an error takes it back. */
export function dropStatisticsSql(tag: string, { oid, quoted }: Dropped): string {
  const held = `l.locktype = 'object' and l.classid = 'pg_catalog.pg_statistic_ext'::regclass and l.objid = ${digits(oid)}::oid`;
  return block(tag, [`drop statistics ${quoted};`, unlessHeld(held)]);
}

function unlessHeld(held: string): string {
  return `if not exists (select from pg_catalog.pg_locks as l where l.pid = pg_catalog.pg_backend_pid()
    and ${held}
    and l.mode = 'AccessExclusiveLock' and l.granted) then
    raise exception using errcode = '55000', message = 'another one has this name now';
  end if;`;
}

/** One statement, so that it is one transaction; its quotes are such as no name in it contains. */
function block(tag: string, lines: string[]): string {
  const text = lines.map((line) => `  ${line}\n`).join('');
  let quotes = '$pgdeck$';
  for (let count = 1; text.includes(quotes); count++) quotes = `$pgdeck${count}$`;
  return `do /* pgdeck:${tag} */ ${quotes} begin\n${text}end ${quotes}`;
}
