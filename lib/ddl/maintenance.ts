import { plural } from '@/lib/format';
import {
  type Context,
  type Effect,
  effect,
  inherits,
  isOn,
  type Lock,
  type Node,
  nameOf,
  unknown,
  withParts,
} from './effect';
import { queryLocks } from './reading';

const share = 'ShareUpdateExclusiveLock';
const exclusive = 'AccessExclusiveLock';

/** VACUUM and ANALYZE. */
export async function vacuum(node: Node, { catalog }: Context): Promise<Effect> {
  const full = node.is_vacuumcmd === true && isOn(node.options, 'full');
  const kind = !node.is_vacuumcmd ? 'ANALYZE' : full ? 'VACUUM FULL' : 'VACUUM';
  const mode = full ? exclusive : share;
  const rels = ((node.rels ?? []) as { VacuumRelation: { relation: Node } }[]).map(
    ({ VacuumRelation }) => VacuumRelation.relation,
  );
  const locks: Lock[] = [];
  for (const rel of rels) {
    const relation = await catalog.relation(nameOf(rel));
    const toast = node.is_vacuumcmd === true && !isOff(node.options, 'process_toast');
    locks.push({
      on: nameOf(rel),
      mode,
      also: [...withParts(mode, relation?.relkind === 'p'), ...(toast ? [{ what: 'toast' as const, mode }] : [])],
    });
  }
  return effect(kind, locks, {
    rewrites: full,
    inTransaction: !node.is_vacuumcmd,
    warnings: [
      ...(rels.length === 0
        ? [`Without a name it takes every table of the database, one after the other, each under ${mode}.`]
        : []),
      ...(full ? ['Each table is written anew; both copies are on disk until it ends.'] : []),
      ...(node.is_vacuumcmd && !full
        ? [
            'At its end it tries to give empty pages at the end of the table back, under AccessExclusiveLock for a moment; it gives way when somebody waits (TRUNCATE false leaves it out).',
          ]
        : []),
    ],
    ...(full && {
      saferWay:
        'A plain VACUUM lets reads and writes go on and makes the space usable again; FULL is for giving most of a table back to the disk.',
    }),
  });
}

function isOff(options: unknown, name: string): boolean {
  const has = ((options ?? []) as { DefElem?: { defname?: string } }[]).some(
    ({ DefElem }) => DefElem?.defname === name,
  );
  return has && !isOn(options, name);
}

/** REINDEX of an index, a table or all of a schema or database. */
export async function reindex(node: Node, { catalog }: Context): Promise<Effect> {
  const what = String(node.kind).replace('REINDEX_OBJECT_', '');
  const concurrently = isOn(node.params, 'concurrently');
  const kind = `REINDEX ${what}${concurrently ? ' CONCURRENTLY' : ''}`;
  if (what !== 'INDEX' && what !== 'TABLE')
    return effect(kind, [], {
      supported: false,
      rewrites: null,
      inTransaction: false,
      warnings: [
        'It takes one table after the other; which, and so which locks, is not told here. Name a table or an index.',
      ],
    });
  const name = nameOf(node.relation);
  const relation = await catalog.relation(name);
  const partitioned = relation?.relkind === 'p' || relation?.relkind === 'I';
  const table = what === 'TABLE' ? name : relation && (await catalog.tableOf(relation.oid));
  const mode = concurrently ? share : 'ShareLock';
  const indexMode = concurrently ? share : exclusive;
  const outlives: Pick<Lock, 'outlives'> = concurrently ? { outlives: exclusive } : {};
  const locks: Lock[] =
    what === 'TABLE'
      ? [
          {
            on: name,
            mode,
            ...outlives,
            also: [...withParts(mode, partitioned), { what: 'indexes', mode: indexMode }, { what: 'toast', mode }],
          },
        ]
      : [
          ...(table === undefined ? [] : [{ on: table, mode, ...outlives, also: withParts(mode, partitioned) }]),
          { on: name, mode: indexMode, also: withParts(indexMode, partitioned) },
        ];
  return effect(kind, locks, {
    rewrites: false,
    inTransaction: !concurrently && !partitioned,
    outlivesSnapshots: concurrently,
    warnings: concurrently
      ? [
          'It waits for every transaction that uses the table, and at its end for old snapshots. If it fails it leaves an INVALID index.',
        ]
      : ['Each index is built anew; who reads the table plans with its indexes and so waits as well.'],
    ...(!concurrently && {
      saferWay: 'REINDEX … CONCURRENTLY lets reads and writes go on; it takes longer and room for a second index.',
    }),
  });
}

/** CLUSTER of a table. */
export async function cluster(node: Node, { catalog }: Context): Promise<Effect> {
  if (!node.relation)
    return effect('CLUSTER', [], {
      supported: false,
      rewrites: true,
      inTransaction: false,
      warnings: [
        'Without a name it writes every table anew that was clustered before, each under AccessExclusiveLock.',
      ],
    });
  const name = nameOf(node.relation);
  const partitioned = (await catalog.relation(name))?.relkind === 'p';
  return effect('CLUSTER', [{ on: name, mode: exclusive, also: withParts(exclusive, partitioned) }], {
    rewrites: true,
    inTransaction: !partitioned,
    warnings: ['The table and its indexes are written anew under the lock; both copies are on disk until it ends.'],
    saferWay: 'There is no way to cluster while others read or write; plan a time when nobody uses the table.',
  });
}

/** REFRESH MATERIALIZED VIEW. */
export async function refresh(node: Node, { catalog }: Context): Promise<Effect> {
  const concurrently = node.concurrent === true;
  const name = nameOf(node.relation);
  const view = await catalog.relation(name);
  const sources = view ? await catalog.sourcesOf(view.oid) : [];
  return effect(
    `REFRESH MATERIALIZED VIEW${concurrently ? ' CONCURRENTLY' : ''}`,
    [
      { on: name, mode: concurrently ? 'ExclusiveLock' : exclusive },
      ...(node.skipData ? [] : sources.map((on) => ({ on, mode: 'AccessShareLock' }))),
    ],
    {
      rewrites: !concurrently,
      ...(!concurrently && {
        saferWay: 'CONCURRENTLY lets reads go on; it needs a unique index on the view and takes longer.',
      }),
    },
  );
}

const lockModes = [
  '',
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  share,
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  exclusive,
];

/** LOCK TABLE. */
export async function lockTable(node: Node, { catalog }: Context): Promise<Effect> {
  const mode = lockModes[Number(node.mode)] ?? exclusive;
  const locks: Lock[] = [];
  for (const rel of (node.relations ?? []) as unknown[]) {
    const name = nameOf(rel);
    locks.push({ on: name, mode, also: withParts(mode, inherits(rel)) });
    const relation = await catalog.relation(name);
    if (relation?.relkind === 'v') for (const on of await catalog.sourcesOf(relation.oid)) locks.push({ on, mode });
  }
  return effect('LOCK TABLE', locks, {
    ...(node.nowait !== true && {
      saferWay: 'NOWAIT, or lock_timeout before it: while it waits, others queue behind it.',
    }),
  });
}

/** TRUNCATE; with CASCADE also the tables whose foreign keys name it, and those that name those. */
export async function truncate(node: Node, { catalog }: Context): Promise<Effect> {
  const cascade = node.behavior === 'DROP_CASCADE';
  const locks: Lock[] = [];
  let more = 0;
  for (const rel of (node.relations ?? []) as unknown[]) {
    const relation = await catalog.relation(nameOf(rel));
    locks.push({
      on: nameOf(rel),
      mode: exclusive,
      also: withParts(exclusive, inherits(rel) || relation?.relkind === 'p'),
    });
    const emptied = cascade && relation ? await catalog.emptiedWith(relation.oid, inherits(rel)) : [];
    more += emptied.length;
    locks.push(...emptied.map((on) => ({ on, mode: exclusive })));
  }
  return effect('TRUNCATE', locks, {
    warnings: [
      'Its rows are gone for every transaction, older ones too.',
      ...(cascade && more > 0
        ? [`CASCADE empties ${plural(more, 'more table')} whose foreign keys lead here, directly or through others.`]
        : []),
    ],
    saferWay: "Set lock_timeout = '2s' before it. DELETE in parts lets others go on, but leaves dead rows to VACUUM.",
  });
}

/** COPY in or out. */
export async function copy(node: Node, context: Context): Promise<Effect> {
  const { is_program, is_from } = node;
  if (node.query) return effect('COPY TO', await queryLocks(node.query, context));
  if (is_program) return unknown('COPY PROGRAM', 'It runs a program on the server.');
  return is_from
    ? effect('COPY FROM', [
        {
          on: nameOf(node.relation),
          mode: 'RowExclusiveLock',
          also: [{ what: 'referenced', mode: 'RowShareLock' }],
        },
      ])
    : effect('COPY TO', [{ on: nameOf(node.relation), mode: 'AccessShareLock' }]);
}
