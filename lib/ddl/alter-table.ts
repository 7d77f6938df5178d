import { list } from '@/lib/format';
import { stronger } from '@/lib/runner/preflight/blocks';
import {
  addColumn,
  addConstraint,
  type Change,
  changeType,
  dropConstraint,
  partners,
  setNotNull,
} from './alter-column';
import type { Relation } from './catalog';
import { type Context, type Effect, effect, inherits, type Lock, type Node, nameOf, withParts } from './effect';

const share = 'ShareUpdateExclusiveLock';
const exclusive = 'AccessExclusiveLock';

/** What is the same for every use of a subcommand; `down`: it goes down to partitions and children. */
type Plain = { words: string; mode: string; down?: boolean; rewrites?: boolean; safer?: string };

const trigger = (words: string): Plain => ({ words, mode: 'ShareRowExclusiveLock', down: true });
const table = (words: string): Plain => ({ words, mode: exclusive });
const column = (words: string): Plain => ({ words, mode: exclusive, down: true });

/** The documented lock of each subcommand that does not depend on what it is used on. */
const plain: Record<string, Plain> = {
  AT_ColumnDefault: column('ALTER COLUMN SET or DROP DEFAULT'),
  AT_DropNotNull: column('DROP NOT NULL'),
  AT_SetStatistics: { words: 'SET STATISTICS', mode: share, down: true },
  AT_SetOptions: { words: 'ALTER COLUMN SET', mode: share },
  AT_ResetOptions: { words: 'ALTER COLUMN RESET', mode: share },
  AT_SetStorage: column('SET STORAGE'),
  AT_SetCompression: column('SET COMPRESSION'),
  AT_DropExpression: column('DROP EXPRESSION'),
  AT_SetExpression: { ...column('SET EXPRESSION'), rewrites: true },
  AT_AddIdentity: column('ADD GENERATED AS IDENTITY'),
  AT_SetIdentity: column('SET GENERATED'),
  AT_DropIdentity: column('DROP IDENTITY'),
  AT_ClusterOn: { words: 'CLUSTER ON', mode: share },
  AT_DropCluster: { words: 'SET WITHOUT CLUSTER', mode: share },
  AT_ChangeOwner: table('OWNER TO'),
  AT_SetLogged: { ...table('SET LOGGED'), rewrites: true },
  AT_SetUnLogged: { ...table('SET UNLOGGED'), rewrites: true },
  AT_SetTableSpace: {
    ...table('SET TABLESPACE'),
    rewrites: true,
    safer:
      'The whole table is copied under the lock. Make a new table in the other tablespace and move the rows in parts, or plan a time when nobody uses it.',
  },
  AT_SetAccessMethod: { ...table('SET ACCESS METHOD'), rewrites: true },
  AT_EnableTrig: trigger('ENABLE TRIGGER'),
  AT_EnableAlwaysTrig: trigger('ENABLE ALWAYS TRIGGER'),
  AT_EnableReplicaTrig: trigger('ENABLE REPLICA TRIGGER'),
  AT_DisableTrig: trigger('DISABLE TRIGGER'),
  AT_EnableTrigAll: trigger('ENABLE TRIGGER ALL'),
  AT_DisableTrigAll: trigger('DISABLE TRIGGER ALL'),
  AT_EnableTrigUser: trigger('ENABLE TRIGGER USER'),
  AT_DisableTrigUser: trigger('DISABLE TRIGGER USER'),
  AT_EnableRule: table('ENABLE RULE'),
  AT_EnableAlwaysRule: table('ENABLE ALWAYS RULE'),
  AT_EnableReplicaRule: table('ENABLE REPLICA RULE'),
  AT_DisableRule: table('DISABLE RULE'),
  AT_ReplicaIdentity: table('REPLICA IDENTITY'),
  AT_EnableRowSecurity: table('ENABLE ROW LEVEL SECURITY'),
  AT_DisableRowSecurity: table('DISABLE ROW LEVEL SECURITY'),
  AT_ForceRowSecurity: table('FORCE ROW LEVEL SECURITY'),
  AT_NoForceRowSecurity: table('NO FORCE ROW LEVEL SECURITY'),
  AT_AlterConstraint: column('ALTER CONSTRAINT'),
  AT_AddOf: table('OF'),
  AT_DropOf: table('NOT OF'),
};

/** Storage parameters that only need ShareUpdateExclusiveLock. */
const sharedOptions =
  /^(fillfactor|toast_tuple_target|parallel_workers|vacuum_.+|autovacuum_.+|log_autovacuum_min_duration|deduplicate_items|pages_per_range_|n_distinct.*)$/;

/** What `ALTER TABLE`, `ALTER INDEX` and the like would do: the strongest of its subcommands counts. */
export async function alterTable(node: Node, context: Context): Promise<Effect> {
  const name = nameOf(node.relation);
  const relation = await context.catalog.relation(name);
  const commands = ((node.cmds ?? []) as { AlterTableCmd: Node }[]).map(({ AlterTableCmd }) => AlterTableCmd);
  const changes: Change[] = [];
  for (const command of commands) changes.push(await changeOf(command, relation, context));
  const kind = `ALTER ${objectOf(node.objtype)}`;
  const words = `${kind} ${list(
    changes.map(({ words }) => words),
    5,
  )}`;
  const unclear = changes.filter(({ supported }) => supported === false);
  const mode = changes.map((change) => change.mode).reduce(stronger, 'AccessShareLock');
  const down = changes.some((change) => change.down) && inherits(node.relation);
  const rewrites = changes.some((change) => change.rewrites === true)
    ? true
    : changes.some((change) => change.rewrites === null)
      ? null
      : false;
  const locks: Lock[] = [
    { on: name, mode, also: withParts(mode, down) },
    ...changes.flatMap((change) => change.locks ?? []),
  ];
  const safer = [...new Set(changes.flatMap(({ safer }) => safer ?? []))];
  const warnings = changes.flatMap(({ warnings }) => warnings ?? []);
  return effect(words, locks, {
    supported: unclear.length === 0,
    rewrites,
    inTransaction: !changes.some(({ alone }) => alone),
    outlivesSnapshots: changes.some(({ outlivesSnapshots }) => outlivesSnapshots),
    warnings:
      commands.length > 1 && mode === exclusive
        ? [...warnings, 'All its parts run under the strongest lock that one of them needs.']
        : warnings,
    ...(safer.length > 0
      ? { saferWay: safer.join(' ') }
      : mode === exclusive && {
          saferWay: `Set lock_timeout = '2s' before it and try again when it is not granted: while it waits, everybody queues behind it.`,
        }),
  });
}

async function changeOf(command: Node, relation: Relation | undefined, context: Context): Promise<Change> {
  const subtype = String(command.subtype);
  const known = plain[subtype];
  if (known) return known;
  switch (subtype) {
    case 'AT_AddColumn':
      return addColumn(command, relation, context);
    case 'AT_DropColumn':
      return { words: 'DROP COLUMN', mode: exclusive, down: true, ...(await partners(command, relation, context)) };
    case 'AT_AlterColumnType':
      return changeType(command, relation, context);
    case 'AT_SetNotNull':
      return setNotNull(command, relation, context);
    case 'AT_AddConstraint':
      return addConstraint(command, relation, context);
    case 'AT_ValidateConstraint': {
      const constraint = relation && (await context.catalog.constraint(relation.oid, String(command.name)));
      return {
        words: 'VALIDATE CONSTRAINT',
        mode: share,
        down: true,
        ...(constraint?.referenced && { locks: [{ on: constraint.referenced, mode: 'RowShareLock' }] }),
        warnings: ['It reads the whole table; reads and writes go on meanwhile.'],
      };
    }
    case 'AT_DropConstraint':
      return dropConstraint(command, relation, context);
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions':
    case 'AT_ReplaceRelOptions':
      return options(command);
    case 'AT_AttachPartition':
      return attach(command, relation, context);
    case 'AT_DetachPartition':
    case 'AT_DetachPartitionFinalize':
      return detach(command, relation, subtype === 'AT_DetachPartitionFinalize', context);
    case 'AT_AddInherit':
    case 'AT_DropInherit': {
      const adds = subtype === 'AT_AddInherit';
      return {
        words: adds ? 'INHERIT' : 'NO INHERIT',
        mode: exclusive,
        locks: [{ on: nameOf(command.def), mode: adds ? share : 'AccessShareLock' }],
      };
    }
    default:
      return {
        words: subtype.replace(/^AT_/, ''),
        mode: exclusive,
        supported: false,
        rewrites: null,
        warnings: ['This part is not known here: it is taken to need the strongest lock.'],
      };
  }
}

function options({ def, subtype }: Node): Change {
  const items = ((def as { List?: { items?: unknown[] } })?.List?.items ?? []) as {
    DefElem?: { defname?: string; defnamespace?: string };
  }[];
  const names = items.map(({ DefElem }) => DefElem?.defname ?? '');
  const strong = names.filter((name) => !sharedOptions.test(name));
  const words = `${subtype === 'AT_ResetRelOptions' ? 'RESET' : 'SET'} (${list(names, 5)})`;
  return { words, mode: strong.length > 0 ? exclusive : share };
}

async function attach(command: Node, relation: Relation | undefined, { catalog, major }: Context): Promise<Change> {
  const { name: partition } = (command.def as { PartitionCmd: { name: Node } }).PartitionCmd;
  if (relation?.relkind === 'I') {
    const child = await catalog.relation(nameOf(partition));
    const [parentTable, childTable] = [
      await catalog.tableOf(relation.oid),
      child && (await catalog.tableOf(child.oid)),
    ];
    return {
      words: 'ATTACH PARTITION',
      mode: share,
      locks: [
        { on: nameOf(partition), mode: exclusive },
        ...[parentTable, childTable].flatMap((on) => (on ? [{ on, mode: 'AccessShareLock' }] : [])),
      ],
    };
  }
  const byDefault = relation && (await catalog.defaultPartition(relation.oid));
  return {
    words: 'ATTACH PARTITION',
    mode: share,
    locks: [
      { on: nameOf(partition), mode: exclusive, also: [{ what: 'partitions', mode: exclusive }] },
      ...(byDefault ? [{ on: byDefault, mode: exclusive, also: withParts(exclusive, true) }] : []),
      ...(relation
        ? [
            {
              on: relation.oid,
              mode: share,
              also: [
                { what: 'referenced' as const, mode: 'ShareRowExclusiveLock' },
                // Before 15 the tables whose foreign keys name it are only read.
                { what: 'referencing' as const, mode: major >= 15 ? 'ShareRowExclusiveLock' : 'AccessShareLock' },
              ],
            },
          ]
        : []),
    ],
    warnings: [
      'The new partition is read whole under AccessExclusiveLock, unless a check constraint proves its bounds.',
      ...(byDefault ? ['The default partition is locked and read too.'] : []),
    ],
    safer:
      'Add a check constraint with the bounds to the table first (NOT VALID, then VALIDATE CONSTRAINT), attach it, then drop the check: the scan is left out.',
  };
}

async function detach(
  command: Node,
  relation: Relation | undefined,
  finalize: boolean,
  { catalog }: Context,
): Promise<Change> {
  const { name: partition, concurrent } = (command.def as { PartitionCmd: { name: Node; concurrent?: boolean } })
    .PartitionCmd;
  const byDefault = relation && (await catalog.defaultPartition(relation.oid));
  if (concurrent || finalize)
    return {
      words: finalize ? 'DETACH PARTITION FINALIZE' : 'DETACH PARTITION CONCURRENTLY',
      mode: share,
      alone: concurrent === true,
      outlivesSnapshots: finalize,
      locks: [
        { on: nameOf(partition), mode: exclusive, also: [{ what: 'referenced', mode: 'ShareRowExclusiveLock' }] },
        ...(relation
          ? [
              {
                on: relation.oid,
                mode: share,
                ...(!finalize && { outlives: exclusive as 'AccessExclusiveLock' }),
                also: [{ what: 'referencing' as const, mode: exclusive }],
              },
            ]
          : []),
      ],
      warnings: finalize
        ? ['It waits for every snapshot that is older than it, in other tables too.']
        : [
            'AccessExclusiveLock is taken on the partition only at its end, for a moment.',
            'It waits for every transaction that uses the partitioned table now.',
          ],
    };
  return {
    words: 'DETACH PARTITION',
    mode: exclusive,
    locks: [
      { on: nameOf(partition), mode: exclusive, also: [{ what: 'referenced', mode: 'ShareRowExclusiveLock' }] },
      ...(byDefault ? [{ on: byDefault, mode: exclusive }] : []),
      ...(relation
        ? [{ on: relation.oid, mode: exclusive, also: [{ what: 'referencing' as const, mode: exclusive }] }]
        : []),
    ],
    safer:
      'DETACH PARTITION … CONCURRENTLY lets reads and writes go on; it cannot run in a transaction block, nor where there is a default partition.',
  };
}

function objectOf(type: unknown): string {
  return String(type ?? 'OBJECT_TABLE')
    .replace(/^OBJECT_/, '')
    .replace('MATVIEW', 'MATERIALIZED VIEW')
    .replaceAll('_', ' ');
}
