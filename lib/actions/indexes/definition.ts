import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { quoted } from '@/lib/identifier';
import { inBrackets, mostExpression, type Node, oneStatementOf } from './sql-expression';

const attnum = z.number('must be the number of a column').int().min(1).max(1600);
const oid = z.number('must be an OID').int().min(1).max(4_294_967_295);
const expression = z
  .string('must be a text')
  .trim()
  .min(1, 'must not be empty')
  .max(mostExpression, `must be at most ${mostExpression} characters`)
  .refine((text) => !text.includes('\0'), 'must not hold the character NUL');

const column = z
  .strictObject({
    attnum: attnum.optional().meta({ title: 'Column' }),
    expression: expression
      .optional()
      .meta({ title: 'Expression', description: 'Instead of a column; functions and types with their schema.' }),
    order: z.enum(['asc', 'desc']).optional().meta({ title: 'Order' }),
    nulls: z.enum(['first', 'last']).optional().meta({ title: 'NULLs' }),
    opclass: oid.optional().meta({ title: 'Operator class', description: 'Missing: the default of the type.' }),
  })
  .refine(
    (key) => (key.attnum === undefined) !== (key.expression === undefined),
    'must have either attnum or expression',
  );

/** What the form of a new index asks. */
export const indexOptions = z.strictObject({
  columns: z
    .array(column, 'must be the columns of the index')
    .min(1, 'must name at least one column')
    .max(32, 'must be at most 32')
    .meta({ title: 'Columns', description: 'What it is searched and sorted by, in this order.' }),
  include: z
    .array(attnum)
    .max(31, 'must be at most 31')
    .optional()
    .meta({ title: 'INCLUDE', description: 'Columns that it only carries along, for index-only scans.' }),
  where: expression
    .optional()
    .meta({ title: 'WHERE', description: 'Only these rows; functions and types with their schema.' }),
  method: z.string().min(1).max(63).default('btree').meta({ title: 'Method' }),
  name: z
    .string()
    .min(1, 'must not be empty')
    .refine((name) => Buffer.byteLength(name) <= 63, 'must be at most 63 bytes')
    .refine((name) => !name.includes('\0'), 'must not hold the character NUL')
    .optional()
    .meta({ title: 'Name', description: 'Missing: as PostgreSQL would name it.' }),
  unique: z.boolean().default(false).meta({ title: 'Unique', description: 'No two rows may have the same values.' }),
});

export type IndexOptions = z.output<typeof indexOptions>;

/** An index that is there already. */
export type PresentIndex = {
  oid: number;
  name: string;
  quoted: string;
  /** Null while somebody has locked its table against everybody: to ask would wait. */
  definition: string | null;
  valid: boolean;
  /** Who builds it now, as `is being built now by …`. */
  builder: string | null;
  /** The partitioned index it belongs to. */
  parent: number | null;
};

/** The table, or one of the tables below a partitioned one, parents first. */
export type TreeTable = {
  oid: number;
  parent: number | null;
  relkind: string;
  quoted: string;
  schema: string;
  pages: number;
  /** A free name as PostgreSQL would choose it. */
  proposed: string;
  /** Those of the wanted method, with as many columns and as unique. */
  indexes: PresentIndex[];
};

/** What a new index depends on, as it was read. */
export type IndexDetails = {
  persistence: string;
  may_create: boolean;
  columns: { attnum: number; name: string; type: string; width: number }[];
  opclasses: { oid: number; quoted: string; method: string; isDefault: boolean }[];
  method: { name: string; order: boolean; unique: boolean; many: boolean; include: boolean } | null;
  /** What has the wanted name already, in words. */
  named: { oid: number; what: string; valid: boolean | null; builder: string | null } | null;
  tree: TreeTable[];
};

/** The parts of an index that are the same on a table and on its partitions. */
export type Shape = {
  unique: boolean;
  method: string;
  keys: { column?: string; after: string }[];
  include: string[];
  expressions: string[];
  partial: boolean;
};

/** The shape that options ask for, with names as they are written in SQL; undefined where a column or class is unknown. */
export function shapeOf(options: IndexOptions, details: IndexDetails, classes = true): Shape | undefined {
  const name = (wanted: number | undefined) => {
    const found = details.columns.find(({ attnum }) => attnum === wanted);
    return found && quoted(found.name);
  };
  const keys: Shape['keys'] = [];
  for (const key of options.columns) {
    const column = name(key.attnum);
    const opclass = details.opclasses.find(({ oid }) => oid === key.opclass);
    if ((key.expression === undefined && !column) || (key.opclass !== undefined && !opclass)) return undefined;
    const after = [
      opclass && (classes || !opclass.isDefault) && opclass.quoted,
      key.order,
      key.nulls && `nulls ${key.nulls}`,
    ];
    keys.push({
      ...(column && { column }),
      after: after
        .filter(Boolean)
        .map((word) => ` ${word}`)
        .join(''),
    });
  }
  const include = (options.include ?? []).map(name);
  if (!details.method || include.some((each) => each === undefined)) return undefined;
  return {
    unique: options.unique,
    method: quoted(details.method.name),
    keys,
    include: include as string[],
    expressions: expressionsOf(options),
    partial: options.where !== undefined,
  };
}

/** What a person typed, in the order it stands in the statement. */
export function expressionsOf({ columns, where }: IndexOptions): string[] {
  return [...columns.map((key) => key.expression), where].filter((text) => text !== undefined);
}

/** Where and how an index is made. */
type Place = { table: string; name: string; concurrently?: boolean; only?: boolean };

/** The statement that makes an index of this shape. */
export function createIndex(shape: Shape, { table, name, concurrently, only }: Place, expressions = shape.expressions) {
  const rest = [...expressions];
  const keys = shape.keys.map(({ column, after }) => `${column ?? inBrackets(rest.shift() ?? '')}${after}`);
  return [
    'create /* pgdeck:create-index */',
    shape.unique ? ' unique' : '',
    ' index',
    concurrently ? ' concurrently' : '',
    ` ${quoted(name)} on`,
    only ? ' only' : '',
    ` ${table} using ${shape.method} (${keys.join(', ')})`,
    shape.include.length > 0 ? ` include (${shape.include.join(', ')})` : '',
    shape.partial ? ` where ${inBrackets(rest.shift() ?? '')}` : '',
  ].join('');
}

/** What two definitions are compared by: all but names and what PostgreSQL fills in; `casts` false: and type casts. */
function essence(statement: Node, casts: boolean): unknown {
  const params = (field: string) =>
    ((statement[field] ?? []) as { IndexElem: Node }[]).map(({ IndexElem: elem }) => {
      const expr = plain(elem.expr, casts) as Node | undefined;
      const ref = expr?.ColumnRef as { fields: { String?: { sval: string } }[] } | undefined;
      const desc = elem.ordering === 'SORTBY_DESC';
      const first =
        elem.nulls_ordering === 'SORTBY_NULLS_DEFAULT' ? desc : elem.nulls_ordering === 'SORTBY_NULLS_FIRST';
      return {
        name: elem.name ?? ref?.fields[0]?.String?.sval,
        expr: ref ? undefined : expr,
        opclass: bare(elem.opclass),
        collation: bare(elem.collation),
        options: elem.opclassopts,
        desc,
        first,
      };
    });
  return JSON.parse(
    JSON.stringify({
      unique: statement.unique ?? false,
      notDistinct: statement.nulls_not_distinct ?? false,
      method: statement.accessMethod ?? 'btree',
      keys: params('indexParams'),
      include: params('indexIncludingParams').map(({ name }) => name),
      where: plain(statement.whereClause, casts),
    }),
  );
}

/** A name without the schema that is always looked in. */
function bare(name: unknown): unknown {
  const [schema, ...rest] = (name ?? []) as { String?: { sval: string } }[];
  return schema?.String?.sval === 'pg_catalog' && rest.length > 0 ? rest : name;
}

/** An expression as PostgreSQL would keep it, where that is simple to tell. */
function plain(value: unknown, casts: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => plain(each, casts));
  if (typeof value !== 'object' || value === null) return value;
  const node = value as Record<string, Node>;
  if (node.TypeCast && !casts) return plain(node.TypeCast.arg, casts);
  const fields: Node = {};
  for (const [field, inner] of Object.entries(node)) fields[field] = plain(inner, casts);
  if (fields.FuncCall) {
    const call = fields.FuncCall as { funcname: unknown[] };
    return { FuncCall: { ...call, funcname: call.funcname.slice(-1), funcformat: undefined } };
  }
  if (fields.A_Expr) {
    const { kind, name, lexpr, rexpr, ...rest } = fields.A_Expr as Node & { name: unknown[]; rexpr: Node };
    const list = (rexpr?.List as { items?: unknown[] } | undefined)?.items;
    const operator = name.slice(-1);
    if (kind === 'AEXPR_IN' && JSON.stringify(operator).includes('"="'))
      return {
        A_Expr: { ...rest, kind: 'AEXPR_OP_ANY', name: operator, lexpr, rexpr: { A_ArrayExpr: { elements: list } } },
      };
    const like = kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE';
    return { A_Expr: { ...rest, kind: like ? 'AEXPR_OP' : kind, name: operator, lexpr, rexpr } };
  }
  return fields;
}

/** Whether a definition says the same as a statement: `same`, `alike` where only type casts differ, or neither. */
export function compared(definition: string | null, statement: string): 'same' | 'alike' | undefined {
  if (definition === null) return undefined;
  const [one, other] = [oneStatementOf('IndexStmt', definition), oneStatementOf('IndexStmt', statement)];
  if (!one || !other) return undefined;
  if (isDeepStrictEqual(essence(one, true), essence(other, true))) return 'same';
  return isDeepStrictEqual(essence(one, false), essence(other, false)) ? 'alike' : undefined;
}
