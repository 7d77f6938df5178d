import { z } from 'zod';
import { type Node, oneStatementOf, parserReady } from '../indexes/sql-expression';

const mostValues = 200;
const text = z
  .string()
  .max(1000, 'must be at most 1000 characters')
  .refine((value) => !value.includes('\0'), 'must not hold the character NUL');
const edge = z.strictObject({ edge: z.enum(['minvalue', 'maxvalue']) });
const ends = z
  .array(z.union([text, edge]))
  .min(1, 'must have a value')
  .max(32, 'has more values than a key has columns');
const whole = (least: number) => z.number().int('must be a whole number').min(least).max(2_147_483_647);

/** The rows that a partition takes: values as text, as they would be typed between quotes; `null` in a list is NULL. */
export const partitionBound = z.discriminatedUnion(
  'by',
  [
    z.strictObject({ by: z.literal('range'), from: ends, to: ends }).meta({
      title: 'Range',
      description: 'From the first value, up to and without the second; one for each key column.',
    }),
    z
      .strictObject({
        by: z.literal('list'),
        values: z.array(text.nullable()).min(1, 'must have a value').max(mostValues),
      })
      .meta({ title: 'List', description: 'Exactly these values.' }),
    z
      .strictObject({ by: z.literal('hash'), modulus: whole(1), remainder: whole(0) })
      .meta({ title: 'Hash', description: 'Rows whose hash leaves this remainder.' }),
    z
      .strictObject({ by: z.literal('default') })
      .meta({ title: 'Default', description: 'All rows that no other partition takes.' }),
  ],
  'is not a known kind of bound',
);

/** The rows that a partition takes. */
export type Bound = z.infer<typeof partitionBound>;
type End = string | { edge: 'minvalue' | 'maxvalue' };

/** A value as a literal, as quote_literal() writes it: read the same whatever standard_conforming_strings is. */
export function literal(value: string): string {
  const doubled = value.replaceAll("'", "''");
  return value.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

const end = (value: End) => (typeof value === 'string' ? literal(value) : value.edge);

/** A bound as ATTACH PARTITION takes it. */
export function boundSql(bound: Bound): string {
  switch (bound.by) {
    case 'range':
      return `for values from (${bound.from.map(end).join(', ')}) to (${bound.to.map(end).join(', ')})`;
    case 'list':
      return `for values in (${bound.values.map((value) => (value === null ? 'null' : literal(value))).join(', ')})`;
    case 'hash':
      return `for values with (modulus ${bound.modulus}, remainder ${bound.remainder})`;
    case 'default':
      return 'default';
  }
}

/** As much of the parse tree of ATTACH PARTITION as is looked at. */
type Spec = {
  lowerdatums?: Node[];
  upperdatums?: Node[];
  listdatums?: Node[];
  modulus?: number;
  remainder?: number;
  is_default?: boolean;
};
type Attach = { cmds?: { AlterTableCmd?: { def?: { PartitionCmd?: { bound?: Spec } } } }[] };
type Datum = {
  A_Const?: { isnull?: boolean; sval?: { sval?: string } };
  ColumnRef?: { fields?: { String?: { sval?: string } }[] };
};

/** Whether PostgreSQL's own parser sees in a statement exactly the values of the bound, each a plain literal or an edge. */
export function provenBound(bound: Bound): string | undefined {
  if (!parserReady()) return 'pgdeck has not loaded the parser yet; try again';
  const statement = oneStatementOf('AlterTableStmt', `alter table t attach partition p ${boundSql(bound)}`) as
    | Attach
    | undefined;
  const spec = statement?.cmds?.[0]?.AlterTableCmd?.def?.PartitionCmd?.bound;
  if (!spec || statement?.cmds?.length !== 1) return 'the values are not plain literals';
  const read: unknown =
    bound.by === 'range'
      ? [(spec.lowerdatums ?? []).map(datum), (spec.upperdatums ?? []).map(datum)]
      : bound.by === 'list'
        ? (spec.listdatums ?? []).map(datum)
        : bound.by === 'hash'
          ? [spec.modulus ?? 0, spec.remainder ?? 0]
          : spec.is_default === true;
  const meant: unknown =
    bound.by === 'range'
      ? [bound.from, bound.to]
      : bound.by === 'list'
        ? bound.values
        : bound.by === 'hash'
          ? [bound.modulus, bound.remainder]
          : true;
  return JSON.stringify(read) === JSON.stringify(meant) ? undefined : 'the values are not plain literals';
}

/** What a value of a parsed bound is; undefined for anything but a literal, NULL or an edge. */
function datum(node: Node): unknown {
  const { A_Const: constant, ColumnRef: column } = node as Datum;
  if (constant) return constant.isnull ? null : (constant.sval?.sval ?? (constant.sval ? '' : undefined));
  const name = column?.fields?.[0]?.String?.sval;
  return column?.fields?.length === 1 && (name === 'minvalue' || name === 'maxvalue') ? { edge: name } : undefined;
}

/** The bound that pg_get_expr() tells of a partition; undefined where it is not understood. */
export function parseBound(told: string): Bound | undefined {
  if (/^DEFAULT$/i.test(told)) return { by: 'default' };
  const hash = /^FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)$/i.exec(told);
  if (hash) return { by: 'hash', modulus: Number(hash[1]), remainder: Number(hash[2]) };
  const list = /^FOR VALUES IN \((.*)\)$/is.exec(told);
  if (list) {
    const [values, rest] = readValues(list[1] ?? '');
    const plain = values?.every((value) => value === null || typeof value === 'string');
    return values && plain && rest === '' ? { by: 'list', values: values as (string | null)[] } : undefined;
  }
  const range = /^FOR VALUES FROM \((.*)\)$/is.exec(told);
  if (!range) return undefined;
  const [from, middle] = readValues(range[1] ?? '');
  if (!from || !middle.startsWith(') TO (')) return undefined;
  const [to, rest] = readValues(middle.slice(') TO ('.length));
  if (!to || rest !== '' || from.includes(null) || to.includes(null)) return undefined;
  return { by: 'range', from: from as End[], to: to as End[] };
}

const valueAtStart =
  /^(?:E'((?:[^'\\]|''|\\.)*)'|'((?:[^']|'')*)'|(MINVALUE|MAXVALUE)\b|(NULL)\b|(true|false|-?[\d.]+(?:e[+-]?\d+)?))/is;

/** The values at the start of a text, parted by commas, and what stands behind them. */
function readValues(from: string): [(End | null)[] | undefined, string] {
  const values: (End | null)[] = [];
  for (let rest = from; ; ) {
    const found = valueAtStart.exec(rest);
    if (!found) return [undefined, rest];
    const [all, escaped, quoted, bare, isNull, plain] = found;
    if (escaped !== undefined) values.push(escaped.replaceAll("''", "'").replace(/\\(.)/gs, '$1'));
    else if (quoted !== undefined) values.push(quoted.replaceAll("''", "'"));
    else if (bare !== undefined) values.push({ edge: bare.toLowerCase() as 'minvalue' | 'maxvalue' });
    else if (isNull !== undefined) values.push(null);
    else values.push(plain ?? '');
    rest = rest.slice(all.length);
    if (!rest.startsWith(', ')) return [values, rest];
    rest = rest.slice(2);
  }
}

const dated = /^(date|timestamp (with|without) time zone)$/;
const isoDate =
  /^-?\d{4,6}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?( ?(Z|[+-]\d\d(:?\d\d){0,2}))?( BC)?$|^-?infinity$/;

/** Why a bound does not fit a key of these types (null: an expression); undefined where it may. The server has the last word. */
export function misfit(bound: Bound, strategy: string, types: (string | null)[]): string | undefined {
  const wanted = { r: 'range', l: 'list', h: 'hash' }[strategy];
  if (bound.by === 'default')
    return strategy === 'h' ? 'a table that is partitioned by hash has no default partition' : undefined;
  if (bound.by !== wanted) return `the table is partitioned by ${wanted}, so its partitions have a ${wanted} bound`;
  if (bound.by === 'hash')
    return bound.remainder < bound.modulus ? undefined : 'the remainder must be less than the modulus';
  const columns = bound.by === 'range' ? [bound.from, bound.to] : bound.values.map((value) => [value]);
  for (const values of columns) {
    if (values.length !== types.length)
      return `the key has ${types.length} ${types.length === 1 ? 'column' : 'columns'}, so each end has as many values`;
    for (const [index, value] of values.entries())
      if (typeof value === 'string' && dated.test(types[index] ?? '') && !isoDate.test(value))
        return `“${value}” is not a date as 2026-01-31: any other way of writing depends on settings`;
  }
  return undefined;
}

/** A name for a partition with this bound: `orders_2026_01`. */
export function proposedName(parent: string, bound: Bound): string {
  return joined(parent, suffixOf(bound));
}

/** Two names with `_` between, the first cut so that PostgreSQL does not cut the whole: 63 bytes. */
export function joined(parent: string, suffix: string): string {
  const end = cut(suffix, 40);
  return `${cut(parent, 63 - Buffer.byteLength(`_${end}`))}_${end}`;
}

/** The start of a name, in at most so many bytes and in whole characters. */
export function cut(name: string, bytes: number): string {
  const characters = [...name];
  while (Buffer.byteLength(characters.join('')) > bytes) characters.pop();
  return characters.join('');
}

function suffixOf(bound: Bound): string {
  if (bound.by === 'default') return 'default';
  if (bound.by === 'hash') return `h${bound.modulus}_${bound.remainder}`;
  if (bound.by === 'list') return slug(bound.values.map((value) => value ?? 'null').join('_'));
  const [from] = bound.from;
  if (typeof from !== 'string') return from?.edge === 'minvalue' ? 'min' : 'max';
  const month = /^(\d{4})-(\d\d)-01$/.exec(from);
  const [to] = bound.to;
  const next = month && new Date(Date.UTC(Number(month[1]), Number(month[2]), 1)).toISOString().slice(0, 10);
  return month && next === to ? `${month[1]}_${month[2]}` : slug(from);
}

function slug(value: string): string {
  const words = value
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
  return cut(words, 30).replace(/_+$/, '') || 'part';
}
