import { alterTable } from './alter-table';
import {
  comment,
  createAs,
  createIndex,
  createTable,
  createTrigger,
  createView,
  onRelation,
  publication,
} from './create';
import { drop, dropDatabase, rename } from './drop';
import { type Context, type Effect, effect, isOn, type Node, nameOf, unknown } from './effect';
import { cluster, copy, lockTable, refresh, reindex, truncate, vacuum } from './maintenance';
import type { Statement } from './parse';
import { queryEffect, queryLocks } from './reading';

const share = 'ShareUpdateExclusiveLock';
const exclusive = 'AccessExclusiveLock';

type Describe = (node: Node, context: Context) => Effect | Promise<Effect>;

/** Statements that lock no table: what they are about is elsewhere. */
const noLocks: Record<string, string> = {
  AlterDatabaseSetStmt: 'ALTER DATABASE SET',
  AlterDatabaseStmt: 'ALTER DATABASE',
  AlterDefaultPrivilegesStmt: 'ALTER DEFAULT PRIVILEGES',
  AlterEnumStmt: 'ALTER TYPE',
  AlterEventTrigStmt: 'ALTER EVENT TRIGGER',
  AlterFdwStmt: 'ALTER FOREIGN DATA WRAPPER',
  AlterForeignServerStmt: 'ALTER SERVER',
  AlterFunctionStmt: 'ALTER FUNCTION',
  AlterRoleSetStmt: 'ALTER ROLE SET',
  AlterRoleStmt: 'ALTER ROLE',
  AlterStatsStmt: 'ALTER STATISTICS',
  AlterUserMappingStmt: 'ALTER USER MAPPING',
  CheckPointStmt: 'CHECKPOINT',
  CompositeTypeStmt: 'CREATE TYPE',
  ConstraintsSetStmt: 'SET CONSTRAINTS',
  CreateCastStmt: 'CREATE CAST',
  CreateDomainStmt: 'CREATE DOMAIN',
  CreateEnumStmt: 'CREATE TYPE',
  CreateEventTrigStmt: 'CREATE EVENT TRIGGER',
  CreateFdwStmt: 'CREATE FOREIGN DATA WRAPPER',
  CreateForeignServerStmt: 'CREATE SERVER',
  CreateFunctionStmt: 'CREATE FUNCTION',
  CreateRangeStmt: 'CREATE TYPE',
  CreateRoleStmt: 'CREATE ROLE',
  CreateUserMappingStmt: 'CREATE USER MAPPING',
  DeallocateStmt: 'DEALLOCATE',
  DefineStmt: 'CREATE',
  DiscardStmt: 'DISCARD',
  DropRoleStmt: 'DROP ROLE',
  DropUserMappingStmt: 'DROP USER MAPPING',
  GrantRoleStmt: 'GRANT',
  ListenStmt: 'LISTEN',
  NotifyStmt: 'NOTIFY',
  PrepareStmt: 'PREPARE',
  TransactionStmt: 'transaction control',
  UnlistenStmt: 'UNLISTEN',
  VariableSetStmt: 'SET',
  VariableShowStmt: 'SHOW',
};

/** The same, and PostgreSQL refuses them in a transaction block. */
const aloneNoLocks: Record<string, string> = {
  AlterSystemStmt: 'ALTER SYSTEM',
  CreatedbStmt: 'CREATE DATABASE',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  DropTableSpaceStmt: 'DROP TABLESPACE',
};

/** Statements that run what is not in the text, or go over all objects of some kind. */
const notKnown: Record<string, [kind: string, why: string]> = {
  AlterExtensionStmt: ['ALTER EXTENSION', 'Its script is not in the text.'],
  AlterTableMoveAllStmt: ['ALTER … ALL IN TABLESPACE', 'Which relations it takes is not told here.'],
  CallStmt: ['CALL', 'What the procedure does is not in the text.'],
  CreateExtensionStmt: ['CREATE EXTENSION', 'Its script is not in the text.'],
  DoStmt: ['DO', 'What a block of code does is not told here.'],
  DropOwnedStmt: ['DROP OWNED', 'Which objects the role owns is not told here.'],
  ExecuteStmt: ['EXECUTE', 'The prepared statement is not in the text.'],
  ReassignOwnedStmt: ['REASSIGN OWNED', 'Which objects the role owns is not told here.'],
};

const byKind: Record<string, Describe> = {
  AlterTableStmt: alterTable,
  AlterObjectSchemaStmt: async (node, { catalog }) => {
    const kind = `ALTER ${String(node.objectType).replace('OBJECT_', '').replace('MATVIEW', 'MATERIALIZED VIEW')} SET SCHEMA`;
    const relation = node.relation ? await catalog.relation(nameOf(node.relation)) : undefined;
    const sequences = relation ? await catalog.sequencesOf(relation.oid) : [];
    const { locks, ...rest } = onRelation(kind, node.relation, exclusive);
    return { ...rest, locks: [...locks, ...sequences.map((on) => ({ on, mode: exclusive }))] };
  },
  AlterPolicyStmt: ({ table }) => onRelation('ALTER POLICY', table, exclusive),
  AlterPublicationStmt: (node, context) =>
    node.pubobjects ? publication('ALTER PUBLICATION', node, context) : effect('ALTER PUBLICATION'),
  AlterSeqStmt: ({ sequence }) => onRelation('ALTER SEQUENCE', sequence, 'ShareRowExclusiveLock'),
  ClusterStmt: cluster,
  CommentStmt: (node) => comment('COMMENT', node),
  CopyStmt: copy,
  CreateForeignTableStmt: ({ base }, context) => createTable(base as Node, context),
  CreatePolicyStmt: ({ table }) => onRelation('CREATE POLICY', table, exclusive),
  CreatePublicationStmt: (node, context) =>
    node.for_all_tables
      ? unknown('CREATE PUBLICATION', 'It takes every table of the database.')
      : publication('CREATE PUBLICATION', node, context),
  CreateSchemaStmt: ({ schemaElts }) =>
    schemaElts
      ? unknown('CREATE SCHEMA', 'Paste what it creates as statements of their own.')
      : effect('CREATE SCHEMA'),
  CreateSeqStmt: () => effect('CREATE SEQUENCE'),
  CreateStatsStmt: ({ relations }) => onRelation('CREATE STATISTICS', (relations as unknown[] | undefined)?.[0], share),
  CreateStmt: createTable,
  CreateTableAsStmt: createAs,
  CreateTrigStmt: createTrigger,
  DropStmt: drop,
  DropdbStmt: dropDatabase,
  ExplainStmt: async ({ query, options }, context) => {
    const [entry] = Object.entries(query as Record<string, Node>);
    const runs = isOn(options, 'analyze');
    return {
      ...effect(runs ? 'EXPLAIN ANALYZE' : 'EXPLAIN', await queryLocks(query, context)),
      ...(runs && entry && { warnings: ['It runs the statement.'] }),
    };
  },
  GrantStmt: grant,
  IndexStmt: createIndex,
  LockStmt: lockTable,
  RefreshMatViewStmt: refresh,
  ReindexStmt: reindex,
  RenameStmt: rename,
  RuleStmt: ({ relation }) => onRelation('CREATE RULE', relation, exclusive),
  SecLabelStmt: (node) => comment('SECURITY LABEL', node),
  TruncateStmt: truncate,
  VacuumStmt: vacuum,
  ViewStmt: createView,
};
for (const kind of ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])
  byKind[kind] = (node, context) => queryEffect(kind, node, context);

/** GRANT and REVOKE: from PostgreSQL 18 the relations are opened for it. */
function grant({ is_grant, targtype, objtype, objects }: Node, { major }: Context): Effect {
  const kind = is_grant ? 'GRANT' : 'REVOKE';
  const onTables = objtype === 'OBJECT_TABLE' || objtype === 'OBJECT_SEQUENCE';
  if (!onTables || major < 18) return effect(kind);
  if (targtype !== 'ACL_TARGET_OBJECT')
    return unknown(kind, 'Which relations of the schema it opens is not told here.');
  return effect(
    kind,
    ((objects ?? []) as unknown[]).map((object) => ({ on: nameOf(object), mode: 'AccessShareLock' })),
  );
}

/** What a statement does to others: by its kind, or honestly not known. */
export async function describeStatement({ kind, node }: Statement, context: Context): Promise<Effect> {
  const known = byKind[kind];
  if (known) return known(node, context);
  const free = noLocks[kind];
  if (free) return effect(free);
  const alone = aloneNoLocks[kind];
  if (alone) return effect(alone, [], { inTransaction: false });
  const [name, why] = notKnown[kind] ?? [wordsOf(kind), 'This statement is not known here.'];
  return unknown(name, why);
}

function wordsOf(kind: string): string {
  return kind
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}
