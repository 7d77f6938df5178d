import { bytes } from '@/lib/format';
import type { Judgement, Reading, Row } from '../action';
import type { NextAction } from '../protocol';
import type { Planned } from './steps';

/** An index that a proof found. */
type Found = {
  oid: number;
  quoted: string;
  valid: boolean;
  building: boolean;
  bytes: number;
  relid: number;
  relkind: string;
};

/** One row that shows what became of planned indexes; `made` in the order they were planned. */
export function builtProof(planned: Planned[]): Reading {
  return {
    text: `select /* pgdeck:indexes-built */ coalesce(json_agg(json_build_object('oid', i.oid::bigint, 'relid', p.relid::bigint, 'relkind', i.relkind, 'quoted', format('%I.%I', n.nspname, i.relname),
    'valid', x.indisvalid, 'bytes', coalesce(pg_relation_size(i.oid), 0),
    'building', exists (select from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') as g where g.param7 = i.oid::bigint)) order by p.nth), '[]') as made
from json_to_recordset($1::json) as p(relid oid, name text, nth int)
join pg_catalog.pg_index as x on x.indrelid = p.relid
join pg_catalog.pg_class as i on i.oid = x.indexrelid and i.relname = p.name::name
join pg_catalog.pg_namespace as n on n.oid = i.relnamespace`,
    values: [JSON.stringify(planned.map((each, nth) => ({ ...each, nth })))],
  };
}

/** What to do with an INVALID index: drop it, or build it again in its place. */
export function cleanUps(database: string, index: { oid: number; quoted: string }): NextAction[] {
  const target = { kind: 'index' as const, database, oid: index.oid };
  return [
    { title: `Drop the INVALID leftover ${index.quoted}`, body: { action: 'drop-index', target, options: {} } },
    { title: `Repair ${index.quoted}: build it again`, body: { action: 'reindex', target, options: {} } },
  ];
}

/** Where indexes were to be built; `again` goes on where it ended. */
type Built = { database: string; table: string; name: string; partitioned: boolean; again?: NextAction };

/** What the readings before and after say of indexes that were to be built, the wanted one first. */
export function judgeBuilt(
  after: Row | undefined,
  planned: Planned[],
  { database, table, name, partitioned, again }: Built,
): Judgement {
  const made = (after?.made ?? []) as Found[];
  const [first] = planned;
  const wanted = made.find(({ relid }) => relid === first?.relid);
  // What is being built, by us after a lost connection or by somebody else, is no leftover.
  const left = made.filter(({ valid, building, relkind }) => !valid && !building && relkind === 'i');
  if (wanted?.valid)
    return {
      done: true,
      message: `${wanted.quoted} is valid on ${table}.`,
      figures: [
        { label: 'Size of the index', before: null, after: bytes(made.reduce((sum, each) => sum + each.bytes, 0)) },
      ],
      undo: {
        sql: `drop index ${partitioned ? '' : 'concurrently '}${wanted.quoted}`,
        body: {
          action: 'drop-index',
          target: { kind: 'index', database, oid: wanted.oid },
          options: {},
        },
      },
    };
  return {
    done: false,
    message: wanted
      ? `${wanted.quoted} is INVALID${wanted.building ? ': it is being built.' : '.'}`
      : `There is no index ${name} on ${table}.`,
    warnings: left.map((each) => `${each.quoted} is left behind INVALID: it serves no query and costs writes.`),
    next: [...(wanted && again ? [again] : []), ...left.flatMap((each) => cleanUps(database, each))],
  };
}
