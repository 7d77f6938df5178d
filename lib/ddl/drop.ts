import { quoted } from '@/lib/identifier';
import {
  type Context,
  type Effect,
  effect,
  type Lock,
  type Name,
  type Node,
  nameIn,
  nameOf,
  textsOf,
  unknown,
  withParts,
} from './effect';

const share = 'ShareUpdateExclusiveLock';
const exclusive = 'AccessExclusiveLock';

const relations = new Set(['TABLE', 'FOREIGN_TABLE', 'VIEW', 'MATVIEW', 'SEQUENCE']);
/** What belongs to a table and is named with it: the last part of the name is its own. */
const ofTable = new Set(['TRIGGER', 'POLICY', 'RULE']);

/** DROP of anything. */
export async function drop(node: Node, context: Context): Promise<Effect> {
  const type = String(node.removeType).replace('OBJECT_', '');
  const kind = `DROP ${type.replace('MATVIEW', 'MATERIALIZED VIEW').replaceAll('_', ' ')}`;
  const cascade = node.behavior === 'DROP_CASCADE';
  const names = ((node.objects ?? []) as unknown[]).map((object) => textsOf(object));
  if (type === 'INDEX') return dropIndex(node, names.map(nameIn), context);
  if (relations.has(type)) return dropRelation(kind, names.map(nameIn), cascade, context);
  if (ofTable.has(type))
    return effect(
      kind,
      names.map((parts) => ({ on: nameIn(parts.slice(0, -1)), mode: exclusive })),
      {
        saferWay: "Set lock_timeout = '2s' before it: while it waits, everybody queues behind it.",
      },
    );
  if (cascade)
    return unknown(`${kind} CASCADE`, 'What depends on it, and so which tables are locked, is not told here.');
  if (type === 'EXTENSION') return unknown(kind, 'It drops what belongs to the extension; that may be tables.');
  if (type === 'STATISTIC_EXT') return dropStatistics(names.map(nameIn), context);
  return effect(kind);
}

/** DROP DATABASE: what it takes is the database, which pgdeck's own sessions are in too. */
export function dropDatabase({ dbname, options }: Node): Effect {
  const force = ((options ?? []) as { DefElem?: { defname?: string } }[]).some(
    ({ DefElem }) => DefElem?.defname === 'force',
  );
  const name = quoted(String(dbname));
  return effect('DROP DATABASE', [], {
    supported: false,
    rewrites: null,
    inTransaction: false,
    warnings: [
      `Every table of ${name} is gone with it. It locks the database, not its tables one by one: nobody can connect to ${name} meanwhile.`,
      force
        ? `FORCE ends every session in ${name} first, with what it runs.`
        : `PostgreSQL waits 5 s for the sessions in ${name} to end and then refuses (55006); who they are is shown by Sessions.`,
      'There is no way back but a backup.',
    ],
  });
}

async function dropIndex(node: Node, names: Name[], { catalog }: Context): Promise<Effect> {
  const concurrently = node.concurrent === true;
  const mode = concurrently ? share : exclusive;
  const locks: Lock[] = [];
  for (const on of names) {
    const index = await catalog.relation(on);
    const table = index && (await catalog.tableOf(index.oid));
    const also = withParts(mode, index?.relkind === 'I');
    if (table) locks.push({ on: table, mode, ...(concurrently && { outlives: exclusive }), also });
    locks.push({ on, mode, also });
  }
  return effect(`DROP INDEX${concurrently ? ' CONCURRENTLY' : ''}`, locks, {
    inTransaction: !concurrently,
    warnings: concurrently
      ? ['It waits for every transaction that uses the table. If it is stopped, the index stays INVALID.']
      : ['Its table is locked too: nobody reads or writes it meanwhile.'],
    ...(!concurrently && {
      saferWay:
        'DROP INDEX CONCURRENTLY lets reads and writes go on; it cannot run in a transaction block, nor on a partitioned index.',
    }),
  });
}

async function dropRelation(kind: string, names: Name[], cascade: boolean, { catalog }: Context): Promise<Effect> {
  const locks: Lock[] = [];
  for (const on of names) {
    const relation = await catalog.relation(on);
    locks.push({
      on,
      mode: exclusive,
      also: [
        ...withParts(exclusive, true),
        { what: 'parent', mode: exclusive },
        ...(cascade ? [{ what: 'referencing' as const, mode: exclusive }] : []),
      ],
    });
    if (!relation) continue;
    const [parent] = await catalog.parentsOf(relation.oid);
    const byDefault = parent && (await catalog.defaultPartition(parent));
    if (byDefault) locks.push({ on: byDefault, mode: exclusive });
    for (const referenced of await catalog.ownReferencedOf(relation.oid))
      locks.push({ on: referenced, mode: exclusive });
    if (cascade) for (const view of await catalog.viewsOn(relation.oid)) locks.push({ on: view, mode: exclusive });
    for (const sequence of await catalog.sequencesOf(relation.oid)) locks.push({ on: sequence, mode: exclusive });
  }
  return effect(cascade ? `${kind} CASCADE` : kind, locks, {
    warnings:
      kind === 'DROP TABLE'
        ? ['Tables that its foreign keys name, and the partitioned table it belongs to, are locked too.']
        : [],
    saferWay: "Set lock_timeout = '2s' before it; a partition can be detached CONCURRENTLY first.",
  });
}

async function dropStatistics(names: Name[], { catalog, major }: Context): Promise<Effect> {
  const locks: Lock[] = [];
  for (const name of names) {
    const table = await catalog.tableOfStatistics(name);
    if (table) locks.push({ on: table, mode: share });
  }
  return effect('DROP STATISTICS', locks, major < 14 ? { supported: false } : {});
}

/** RENAME of anything. */
export async function rename(node: Node, { catalog }: Context): Promise<Effect> {
  const type = String(node.renameType).replace('OBJECT_', '');
  const what = type.replace('TABCONSTRAINT', 'CONSTRAINT').replace('MATVIEW', 'MATERIALIZED VIEW').replaceAll('_', ' ');
  const kind = type === 'COLUMN' || type === 'TABCONSTRAINT' ? `ALTER TABLE RENAME ${what}` : `ALTER ${what} RENAME`;
  if (!node.relation) return effect(kind);
  const on = nameOf(node.relation);
  const relation = await catalog.relation(on);
  const index = relation?.relkind === 'i' || relation?.relkind === 'I';
  const mode = index && type === 'INDEX' ? share : exclusive;
  const down = type === 'COLUMN' || type === 'TABCONSTRAINT' || type === 'TRIGGER';
  const locks: Lock[] = [{ on, mode, also: withParts(mode, down) }];
  return effect(kind, locks, {
    ...(type === 'TABLE' || type === 'COLUMN'
      ? {
          warnings: [
            'It takes a moment once the lock is granted, but statements of applications that use the old name fail from then on.',
          ],
          creates: [{ ...on, name: String(node.newname) }],
          saferWay:
            "Set lock_timeout = '2s' before it. A view with the old name lets applications go over step by step.",
        }
      : {}),
  });
}
