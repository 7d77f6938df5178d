import { list } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import type { Relation } from './catalog';
import { type Context, type Lock, type Node, nameOf, textsOf, withParts } from './effect';
import { walk } from './reading';

const exclusive = 'AccessExclusiveLock';

/** What one part of an ALTER TABLE does; `alone`: it cannot run in a transaction block. */
export type Change = {
  words: string;
  mode: string;
  down?: boolean;
  rewrites?: boolean | null;
  locks?: Lock[];
  warnings?: string[];
  safer?: string;
  alone?: boolean;
  outlivesSnapshots?: boolean;
  supported?: boolean;
};

type Constraint = {
  contype?: string;
  raw_expr?: unknown;
  pktable?: Node;
  skip_validation?: boolean;
  indexname?: string;
  keys?: unknown[];
  generated_when?: string;
  generated_kind?: string;
};
type ColumnDef = {
  colname?: string;
  typeName?: TypeName;
  raw_default?: unknown;
  constraints?: { Constraint: Constraint }[];
};
type TypeName = { names?: unknown[]; typmods?: unknown[]; arrayBounds?: unknown[]; typemod?: number };

/** ADD COLUMN: only a default that differs by row writes the table anew. */
export async function addColumn(command: Node, relation: Relation | undefined, context: Context): Promise<Change> {
  const column = (command.def as { ColumnDef: ColumnDef }).ColumnDef;
  const constraints = (column.constraints ?? []).map(({ Constraint }) => Constraint);
  const has = (contype: string) => constraints.filter((each) => each.contype === contype);
  const [byDefault] = has('CONSTR_DEFAULT');
  const unsure = byDefault ? await context.catalog.notStable(functionsOf(byDefault.raw_expr)) : [];
  const serial = /^(big|small)?serial[248]?$/.test(typeWords(column.typeName));
  const stored = has('CONSTR_GENERATED').some(({ generated_kind }) => generated_kind !== 'v');
  const identity = has('CONSTR_IDENTITY').length > 0;
  const rewrites = unsure.length > 0 || serial || stored || identity;
  const foreign = has('CONSTR_FOREIGN');
  const checks = has('CONSTR_CHECK').length > 0;
  const index = has('CONSTR_PRIMARY').length + has('CONSTR_UNIQUE').length > 0;
  const why = serial
    ? 'a serial column takes a new number for each row'
    : identity
      ? 'an identity column takes a new number for each row'
      : stored
        ? 'a stored generated column is computed for each row'
        : `${list(unsure.map((name) => `${quoted(name)}()`))} may give another value for each row`;
  return {
    words: 'ADD COLUMN',
    mode: exclusive,
    down: true,
    rewrites: rewrites || (byDefault && relation?.relkind === 'f' ? null : false),
    locks: foreign.flatMap(({ pktable }) => (pktable ? [{ on: nameOf(pktable), mode: 'ShareRowExclusiveLock' }] : [])),
    warnings: [
      ...(rewrites ? [`The table is written anew under the lock: ${why}.`] : []),
      ...(checks ? ['Its check is proven by reading the whole table under the lock.'] : []),
      ...(index ? ['Its index is built under the lock.'] : []),
    ],
    ...(rewrites
      ? {
          safer:
            'Add the column without a default, set the default in a second statement (it counts for new rows only), and fill the old rows in parts.',
        }
      : checks || index || foreign.length > 0
        ? {
            safer:
              'Add the column alone first, then the constraint: NOT VALID and VALIDATE CONSTRAINT, or a unique index built CONCURRENTLY.',
          }
        : {}),
  };
}

/** The locks on tables at the other end of a column's foreign keys, when it goes or changes. */
export async function partners(
  command: Node,
  relation: Relation | undefined,
  { catalog }: Context,
): Promise<Pick<Change, 'locks' | 'warnings'>> {
  const tables = relation ? await catalog.partnersOf(relation.oid, String(command.name)) : [];
  return {
    locks: tables.map((on) => ({ on, mode: exclusive })),
    warnings: tables.length > 0 ? ['Foreign keys hold the column: the tables at their other end are locked too.'] : [],
  };
}

/** ALTER COLUMN TYPE: some changes leave the rows as they are. */
export async function changeType(command: Node, relation: Relation | undefined, context: Context): Promise<Change> {
  const column = (command.def as { ColumnDef: ColumnDef }).ColumnDef;
  const { typeName } = column;
  const keeps =
    relation && typeName && !column.raw_default && !typeName.arrayBounds
      ? await context.catalog.keepsRows(relation.oid, String(command.name), {
          name: typeSql(typeName),
          mods: numbersOf(typeName.typmods),
        })
      : undefined;
  const rewrites = column.raw_default ? true : keeps === undefined ? null : !keeps;
  const { locks, warnings = [] } = await partners(command, relation, context);
  return {
    words: 'ALTER COLUMN TYPE',
    mode: exclusive,
    down: true,
    rewrites,
    ...(locks && { locks }),
    warnings: [
      ...warnings,
      rewrites === true
        ? 'The table and its indexes are written anew under the lock.'
        : rewrites === null
          ? 'Whether the table is written anew depends on the two types; it is not known here.'
          : 'The two types are stored alike: the table is not written anew. Indexes and constraints on the column may still be.',
    ],
    ...(rewrites !== false && {
      safer:
        'Add a column of the new type, keep it in step by a trigger, fill it in parts, and swap the names in one short transaction.',
    }),
  };
}

/** SET NOT NULL: the table is read whole unless a check constraint proves it. */
export async function setNotNull(command: Node, relation: Relation | undefined, context: Context): Promise<Change> {
  const column = String(command.name);
  const proven = relation ? await context.catalog.provenNotNull(relation.oid, column) : false;
  return {
    words: 'SET NOT NULL',
    mode: exclusive,
    down: true,
    warnings: [
      proven
        ? 'A check constraint or NOT NULL proves it already: the table is not read.'
        : 'The whole table is read under the lock to prove it.',
    ],
    ...(!proven && {
      safer: `Add a check (${quoted(column)} is not null) NOT VALID, VALIDATE it, then SET NOT NULL (it is proven by the check and reads nothing), then drop the check.`,
    }),
  };
}

/** ADD CONSTRAINT, by its kind. */
export async function addConstraint(command: Node, relation: Relation | undefined, context: Context): Promise<Change> {
  const constraint = (command.def as { Constraint: Constraint }).Constraint;
  const later = constraint.skip_validation === true;
  switch (constraint.contype) {
    case 'CONSTR_FOREIGN': {
      const mode = 'ShareRowExclusiveLock';
      const target = constraint.pktable && nameOf(constraint.pktable);
      const parts = target && (await context.catalog.relation(target))?.relkind === 'p';
      return {
        words: `ADD FOREIGN KEY${later ? ' NOT VALID' : ''}`,
        mode,
        down: true,
        locks: target ? [{ on: target, mode, ...(parts && { also: [{ what: 'partitions', mode }] }) }] : [],
        warnings: later
          ? ['Only new and changed rows are checked.']
          : ['Both tables are read under the lock to prove it; writes to both wait.'],
        ...(!later && {
          safer:
            'ADD … NOT VALID first (a moment), then VALIDATE CONSTRAINT: reads and writes go on while the rows are checked.',
        }),
      };
    }
    case 'CONSTR_CHECK':
    case 'CONSTR_NOTNULL':
      return {
        words: `ADD ${constraint.contype === 'CONSTR_CHECK' ? 'CHECK' : 'NOT NULL'}${later ? ' NOT VALID' : ''}`,
        mode: exclusive,
        down: true,
        warnings: later ? [] : ['The whole table is read under the lock to prove it.'],
        ...(!later && {
          safer:
            'ADD … NOT VALID first (a moment), then VALIDATE CONSTRAINT: reads and writes go on while the rows are checked.',
        }),
      };
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
    case 'CONSTR_EXCLUSION': {
      const key = { CONSTR_PRIMARY: 'PRIMARY KEY', CONSTR_UNIQUE: 'UNIQUE', CONSTR_EXCLUSION: 'EXCLUDE' }[
        constraint.contype
      ];
      const { indexname } = constraint;
      const parts = relation?.relkind === 'p' ? relation.oid : undefined;
      const declared = parts !== undefined && (await context.catalog.areNotNull(parts, textsOf(constraint.keys ?? [])));
      // Partitions only get an index, unless they have to be made NOT NULL; from PostgreSQL 18 each is altered.
      const below = context.major >= 18 || (key === 'PRIMARY KEY' && !declared) ? exclusive : 'ShareLock';
      return {
        words: `ADD ${key}${indexname ? ' USING INDEX' : ''}`,
        mode: exclusive,
        ...(parts !== undefined && { locks: [{ on: parts, mode: exclusive, also: withParts(below, true) }] }),
        warnings: indexname
          ? ['The index is there already; a primary key also reads the table once unless its columns are NOT NULL.']
          : ['Its index is built under the lock: nobody reads or writes meanwhile.'],
        ...(!indexname &&
          key !== 'EXCLUDE' && {
            safer: `CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … ${key} USING INDEX: the lock is held for a moment only.`,
          }),
      };
    }
    default:
      return { words: 'ADD CONSTRAINT', mode: exclusive, down: true, supported: false, rewrites: null };
  }
}

/** DROP CONSTRAINT: a foreign key's other table is locked as well. */
export async function dropConstraint(command: Node, relation: Relation | undefined, context: Context): Promise<Change> {
  const constraint = relation && (await context.catalog.constraint(relation.oid, String(command.name)));
  const keys = constraint?.contype === 'p' || constraint?.contype === 'u';
  const cascade = command.behavior === 'DROP_CASCADE';
  return {
    words: 'DROP CONSTRAINT',
    mode: exclusive,
    down: true,
    locks: [
      ...(constraint?.contype === 'f' && constraint.referenced ? [{ on: constraint.referenced, mode: exclusive }] : []),
      ...(relation && keys && cascade
        ? [{ on: relation.oid, mode: exclusive, also: [{ what: 'referencing' as const, mode: exclusive }] }]
        : []),
    ],
    warnings: constraint?.contype === 'f' ? ['The table that the foreign key names is locked too.'] : [],
  };
}

/** The functions that an expression calls; `now()` and its kin among them. */
export function functionsOf(expression: unknown): string[] {
  const names = new Set<string>();
  walk(expression, (kind, node) => {
    if (kind === 'FuncCall') names.add(textsOf(node.funcname).at(-1) ?? '');
  });
  return [...names];
}

function typeWords({ names = [] }: TypeName = {}): string {
  return textsOf(names).at(-1) ?? '';
}

function typeSql(type: TypeName): string {
  return textsOf(type.names ?? [])
    .map(quotedAlways)
    .join('.');
}

const quotedAlways = (name: string) => `"${name.replaceAll('"', '""')}"`;

function numbersOf(nodes: unknown): number[] {
  return ((nodes ?? []) as { A_Const?: { ival?: { ival?: number } } }[]).map(({ A_Const }) => A_Const?.ival?.ival ?? 0);
}
