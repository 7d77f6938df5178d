import type { Claim } from '@/lib/actions/action';
import type { LockTaken } from '@/lib/actions/protocol';
import { plural } from '@/lib/format';
import { strength } from '@/lib/topics/lock-modes';
import type { Reads } from '../subject-now';
import { blocksOf, stronger } from './blocks';

/** How a relation comes to be locked: claimed by itself, or as a part or partner of what is claimed. */
export type Via = 'self' | NonNullable<Claim['also']>[number]['what'];

/** A relation that a plan locks, with the strongest mode it takes; database 0 is that of shared relations. */
export type Locked = {
  oid: number;
  database_oid: number;
  relation: string;
  relkind: string;
  pages: number;
  mode: string;
  outlives?: Claim['outlives'];
  via: Via;
  /** The claimed relation that it belongs to, quoted. */
  of: string;
};

const mostRelations = 20_000;
/** Partitions, indexes and the like of one relation that are named one by one. */
const mostNamed = 12;
/** Locks of a plan that are told in all. */
const mostTold = 200;

const order: Via[] = ['self', 'parent', 'partitions', 'referenced', 'referencing', 'toast', 'indexes'];

/** Catalogs only: to ask for a definition or a partition tree would wait for locks on the relations themselves. */
const relationsSql = `with recursive /* pgdeck:lock-claims */ claimed as materialized (
  select c.* from jsonb_to_recordset($1::jsonb) as c(n int, oid oid, mode text, partitions text, toast text, indexes text, parent text, referenced text, referencing text)
), below as (
  select c.n, i.inhrelid as oid from claimed as c
  join pg_catalog.pg_inherits as i on i.inhparent = c.oid where c.partitions is not null
  union
  select b.n, i.inhrelid from below as b join pg_catalog.pg_inherits as i on i.inhparent = b.oid
), tree as (
  select c.n, c.oid from claimed as c union select b.n, b.oid from below as b
), locked as (
  select c.n, c.oid, c.mode, 'self' as via from claimed as c
  union all
  select b.n, b.oid, c.partitions, 'partitions' from below as b join claimed as c on c.n = b.n
  union all
  select c.n, i.inhparent, c.parent, 'parent' from claimed as c
  join pg_catalog.pg_inherits as i on i.inhrelid = c.oid where c.parent is not null
  union all
  select t.n, r.reltoastrelid, c.toast, 'toast' from tree as t join claimed as c on c.n = t.n
  join pg_catalog.pg_class as r on r.oid = t.oid where c.toast is not null and r.reltoastrelid <> 0
  union all
  select t.n, i.indexrelid, c.indexes, 'indexes' from tree as t join claimed as c on c.n = t.n
  join pg_catalog.pg_index as i on i.indrelid = t.oid where c.indexes is not null
  union all
  select t.n, k.confrelid, c.referenced, 'referenced' from tree as t join claimed as c on c.n = t.n
  join pg_catalog.pg_constraint as k on k.conrelid = t.oid and k.contype = 'f' where c.referenced is not null
  union all
  select t.n, k.conrelid, c.referencing, 'referencing' from tree as t join claimed as c on c.n = t.n
  join pg_catalog.pg_constraint as k on k.confrelid = t.oid and k.contype = 'f' where c.referencing is not null
)
select distinct l.n, l.oid, l.mode, l.via,
  case when r.relisshared then 0 else (select d.oid from pg_catalog.pg_database as d where d.datname = current_database()) end as database_oid,
  format('%I.%I', s.nspname, r.relname) as relation, r.relkind::text as relkind, r.relpages::float8 as pages
from locked as l
join pg_catalog.pg_class as r on r.oid = l.oid
join pg_catalog.pg_namespace as s on s.oid = r.relnamespace
limit ${mostRelations}`;

type Row = Omit<Locked, 'of'> & { n: number };

/** Every relation that some claims lock, each once with its strongest mode, as the catalog tells it now. */
export async function lockedBy(reads: Reads, claims: Claim[]): Promise<Locked[]> {
  if (claims.length === 0) return [];
  const asked = claims.map(({ oid, mode, also = [] }, n) => ({
    n,
    oid,
    mode,
    ...Object.fromEntries(also.map((part) => [part.what, part.mode])),
  }));
  const { rows } = await reads<Row>(relationsSql, [JSON.stringify(asked)]);
  const byOid = new Map<number, Locked>();
  for (const { n, ...row } of rows.sort((one, other) => order.indexOf(one.via) - order.indexOf(other.via))) {
    const known = byOid.get(row.oid);
    if (known) known.mode = stronger(known.mode, row.mode);
    else byOid.set(row.oid, { ...row, of: claims[n]?.relation || row.relation });
    const outlives = row.via === 'self' ? claims[n]?.outlives : undefined;
    const locked = byOid.get(row.oid);
    if (locked && outlives) locked.outlives = locked.outlives === 'AccessExclusiveLock' ? locked.outlives : outlives;
  }
  return [...byOid.values()].sort(
    (one, other) =>
      order.indexOf(one.via) - order.indexOf(other.via) ||
      strength(other.mode) - strength(one.mode) ||
      one.relation.localeCompare(other.relation),
  );
}

const words: Record<Via, string> = {
  self: 'relation',
  parent: 'parent table',
  partitions: 'partition',
  referenced: 'table that its foreign keys name',
  referencing: 'table with foreign keys to it',
  toast: 'TOAST table',
  indexes: 'index',
};
const manyWords: Partial<Record<Via, string>> = {
  referenced: 'tables that its foreign keys name',
  referencing: 'tables with foreign keys to it',
  indexes: 'indexes',
};

/** Locks in words, the first of each kind by name, the rest of it as a count. */
export function lockWords(locked: Locked[]): LockTaken[] {
  const groups = new Map<string, Locked[]>();
  for (const each of locked) {
    const key = JSON.stringify([each.of, each.via, each.mode]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const told = [...groups.values()].flatMap((group) => {
    const [first] = group as [Locked, ...Locked[]];
    const blocks = blocksOf(first.mode, first.relkind);
    const named = group.slice(0, mostNamed).map(({ relation, mode }) => ({ relation, mode, blocks }));
    const more = group.length - named.length;
    if (more === 0) return named;
    const what = plural(more, `more ${words[first.via]}`, `more ${manyWords[first.via] ?? `${words[first.via]}s`}`);
    return [...named, { relation: `and ${what} of ${first.of}`, mode: first.mode, blocks }];
  });
  const rest = told.slice(mostTold);
  const [strongest] = rest.sort((one, other) => strength(other.mode) - strength(one.mode));
  return strongest
    ? [...told.slice(0, mostTold), { ...strongest, relation: `and ${plural(rest.length, 'more lock')} like it` }]
    : told;
}

/** The claims by themselves, where the catalog could not be read; each once with its strongest mode. */
export function claimWords(claims: Claim[]): LockTaken[] {
  const strongest = new Map<string, string>();
  for (const { relation, mode } of claims) strongest.set(relation, stronger(strongest.get(relation) ?? mode, mode));
  return [...strongest].map(([relation, mode]) => ({ relation, mode, blocks: blocksOf(mode) }));
}
