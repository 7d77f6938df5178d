import type { Claim } from '@/lib/actions/action';
import {
  type Context,
  type Effect,
  effect,
  type Lock,
  type Node,
  nameIn,
  nameOf,
  textsOf,
  unknown,
  withParts,
} from './effect';
import { queryLocks } from './reading';

const share = 'ShareUpdateExclusiveLock';
const exclusive = 'AccessExclusiveLock';
const shareRow = 'ShareRowExclusiveLock';

/** CREATE INDEX. */
export async function createIndex(node: Node, { catalog }: Context): Promise<Effect> {
  const concurrently = node.concurrent === true;
  const name = nameOf(node.relation);
  const partitioned = (await catalog.relation(name))?.relkind === 'p';
  const mode = concurrently ? share : 'ShareLock';
  const only = (node.relation as Node).inh !== true;
  return effect(
    `CREATE ${node.unique ? 'UNIQUE ' : ''}INDEX${concurrently ? ' CONCURRENTLY' : ''}`,
    [
      {
        on: name,
        mode,
        ...(concurrently && { outlives: 'ShareLock' as const }),
        also: withParts(mode, partitioned && !only),
      },
    ],
    {
      inTransaction: !concurrently,
      outlivesSnapshots: concurrently && !partitioned,
      ...(node.idxname !== undefined && { creates: [{ ...name, name: String(node.idxname) }] }),
      warnings: [
        ...(concurrently && partitioned ? ['PostgreSQL refuses CONCURRENTLY on a partitioned table.'] : []),
        ...(concurrently
          ? [
              'It waits for every transaction that writes to the table, and at its end for old snapshots. If it fails it leaves an INVALID index.',
            ]
          : only
            ? []
            : ['The table is read whole, and writes wait until the index is built.']),
      ],
      ...((!concurrently || partitioned) &&
        !(only && partitioned) && {
          saferWay: partitioned
            ? 'CREATE INDEX … ON ONLY the partitioned table, build each partition’s CONCURRENTLY, and ATTACH them; pgdeck’s “Create index” does that.'
            : 'CREATE INDEX CONCURRENTLY lets writes go on; it takes longer and cannot run in a transaction block.',
        }),
    },
  );
}

type Element = {
  ColumnDef?: { constraints?: { Constraint: Constraint }[] };
  Constraint?: Constraint;
  TableLikeClause?: { relation: Node };
};
type Constraint = { contype?: string; pktable?: Node };

/** CREATE TABLE, also as a partition, and CREATE FOREIGN TABLE. */
export async function createTable(node: Node, { catalog, major }: Context): Promise<Effect> {
  const name = nameOf(node.relation);
  const elements = (node.tableElts ?? []) as Element[];
  const constraints = elements.flatMap(({ ColumnDef, Constraint }) => [
    ...(Constraint ? [Constraint] : []),
    ...(ColumnDef?.constraints ?? []).map((each) => each.Constraint),
  ]);
  const locks: Lock[] = [
    ...constraints.flatMap(({ pktable }) => (pktable ? [{ on: nameOf(pktable), mode: shareRow }] : [])),
    ...elements.flatMap(({ TableLikeClause }) =>
      TableLikeClause ? [{ on: nameOf(TableLikeClause.relation), mode: 'AccessShareLock' }] : [],
    ),
  ];
  const parents = (node.inhRelations ?? []) as unknown[];
  if (!node.partbound) locks.push(...parents.map((parent) => ({ on: nameOf(parent), mode: share })));
  else
    for (const parent of parents) {
      const relation = await catalog.relation(nameOf(parent));
      const byDefault = relation && (await catalog.defaultPartition(relation.oid));
      const also: NonNullable<Claim['also']> = [
        { what: 'referenced', mode: shareRow },
        { what: 'referencing', mode: major >= 15 ? shareRow : 'AccessShareLock' },
      ];
      locks.push({ on: nameOf(parent), mode: exclusive, also });
      if (byDefault) locks.push({ on: byDefault, mode: exclusive });
    }
  return effect(node.partbound ? 'CREATE TABLE … PARTITION OF' : 'CREATE TABLE', locks, {
    creates: [name],
    warnings: constraints.some(({ contype }) => contype === 'CONSTR_FOREIGN')
      ? ['Writes to the tables that its foreign keys name wait while it runs.']
      : [],
    ...(node.partbound !== undefined && {
      saferWay:
        'CREATE TABLE (LIKE the partitioned table) and then ATTACH PARTITION only takes ShareUpdateExclusiveLock on the partitioned table; pgdeck’s “Create partition” does that.',
    }),
  });
}

/** CREATE TABLE AS, SELECT INTO and CREATE MATERIALIZED VIEW. */
export async function createAs(node: Node, context: Context): Promise<Effect> {
  const view = node.objtype === 'OBJECT_MATVIEW';
  return effect(view ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS', await queryLocks(node.query, context), {
    creates: [nameOf((node.into as Node).rel)],
  });
}

/** CREATE [OR REPLACE] VIEW. */
export async function createView(node: Node, context: Context): Promise<Effect> {
  const name = nameOf(node.view);
  const replaced = node.replace === true && (await context.catalog.relation(name)) !== undefined;
  return effect(
    replaced ? 'CREATE OR REPLACE VIEW' : 'CREATE VIEW',
    [...(replaced ? [{ on: name, mode: exclusive }] : []), ...(await queryLocks(node.query, context))],
    { creates: [name] },
  );
}

/** CREATE TRIGGER. */
export async function createTrigger(node: Node, { catalog }: Context): Promise<Effect> {
  const name = nameOf(node.relation);
  const down = (await catalog.relation(name))?.relkind === 'p';
  return effect('CREATE TRIGGER', [
    { on: name, mode: shareRow, also: withParts(shareRow, down && node.row === true) },
    ...(node.constrrel ? [{ on: nameOf(node.constrrel), mode: 'AccessShareLock' }] : []),
  ]);
}

/** Statements that take one lock on the relation they name: rules, policies, statistics. */
export function onRelation(kind: string, relation: unknown, mode: string): Effect {
  return effect(kind, relation ? [{ on: nameOf(relation), mode }] : []);
}

type PublicationObject = { PublicationObjSpec?: { pubobjtype?: string; pubtable?: { relation: Node } } };

/** CREATE PUBLICATION and ALTER PUBLICATION. */
export async function publication(kind: string, node: Node, { catalog }: Context): Promise<Effect> {
  const objects = ((node.pubobjects ?? []) as PublicationObject[]).map(({ PublicationObjSpec }) => PublicationObjSpec);
  if (objects.some((object) => object?.pubobjtype !== 'PUBLICATIONOBJ_TABLE'))
    return unknown(kind, 'Which tables of a schema it takes is not told here.');
  const locks: Lock[] = [];
  for (const object of objects) {
    const relation = object?.pubtable?.relation;
    if (!relation) continue;
    const parts = (await catalog.relation(nameOf(relation)))?.relkind === 'p';
    locks.push({ on: nameOf(relation), mode: share, ...(parts && { also: [] }) });
  }
  return effect(kind, locks);
}

/** COMMENT and SECURITY LABEL. */
export function comment(kind: string, node: Node): Effect {
  const type = String(node.objtype).replace('OBJECT_', '');
  const parts = textsOf(node.object);
  const onTable = ['TABLE', 'VIEW', 'MATVIEW', 'INDEX', 'SEQUENCE', 'FOREIGN_TABLE'].includes(type);
  const below = ['COLUMN', 'TRIGGER', 'RULE', 'POLICY', 'TABCONSTRAINT'].includes(type);
  if (!onTable && !below) return effect(`${kind} ON ${type}`);
  return effect(
    `${kind} ON ${type === 'TABCONSTRAINT' ? 'CONSTRAINT' : type.replace('MATVIEW', 'MATERIALIZED VIEW')}`,
    [{ on: nameIn(below ? parts.slice(0, -1) : parts), mode: share }],
  );
}
