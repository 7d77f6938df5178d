import { isDeepStrictEqual } from 'node:util';
import { loadModule, parseSync } from 'libpg-query';

/** A node of PostgreSQL's parse tree, without the places in the text. */
export type Node = { [field: string]: unknown };

/** Most characters of an expression that a person types: it is parsed on the event loop. */
export const mostExpression = 2000;

let loaded = false;
let loading: Promise<void> | undefined;

/** Loads PostgreSQL's own parser; before that nothing that holds a typed expression is run. */
export function loadParser(): Promise<void> {
  loading ??= loadModule().then(() => {
    loaded = true;
  });
  return loading;
}

// The statements below are only made after questions to a server, which take longer than this.
void loadParser().catch(() => {
  loading = undefined;
});

/** Whether the parser can be asked. */
export function parserReady(): boolean {
  return loaded;
}

const places = new Set([
  'location',
  'name_location',
  'stmt_location',
  'stmt_len',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
]);

/** A parse tree without the places in the text, so that two can be compared. */
function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !places.has(field))
      .map(([field, inner]) => [field, withoutPlaces(inner)]),
  );
}

/** The one statement of a text as a tree of one key, its kind; undefined where it is none, several, or cannot be parsed. */
export function oneStatement(sql: string): Node | undefined {
  if (!loaded || sql.includes('\0')) return undefined;
  try {
    const { stmts } = parseSync(sql) as { stmts?: { stmt?: unknown }[] };
    const [only] = stmts ?? [];
    return stmts?.length === 1 && only?.stmt ? (withoutPlaces(only.stmt) as Node) : undefined;
  } catch {
    return undefined;
  }
}

/** The one statement of a text where it is of this kind: `IndexStmt`. */
export function oneStatementOf(kind: string, sql: string): Node | undefined {
  return oneStatement(sql)?.[kind] as Node | undefined;
}

/** Every node of a tree, by its kind. */
function* nodes(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const each of value) yield* nodes(each);
  else if (typeof value === 'object' && value !== null)
    for (const [field, inner] of Object.entries(value)) {
      yield field;
      yield* nodes(inner);
    }
}

/** Why a tree cannot be part of an index; undefined where it can. */
export function notInIndex(tree: unknown): string | undefined {
  const kinds = new Set(nodes(tree));
  if (kinds.has('SubLink') || kinds.has('SelectStmt')) return 'it holds a subquery';
  if (kinds.has('ParamRef')) return 'it holds a parameter';
  if (kinds.has('SetToDefault') || kinds.has('CurrentOfExpr')) return 'it is not a value';
  return undefined;
}

/** An expression in brackets of its own; a comment at its end ends there. */
export function inBrackets(expression: string): string {
  return expression.includes('--') ? `(${expression}\n)` : `(${expression})`;
}

const placeholder = '"pgdeck placeholder"';

/** The tree of an expression by itself; undefined where it is not exactly one expression. */
function expressionTree(expression: string): unknown {
  const alone = oneStatementOf('IndexStmt', `create index on t (${inBrackets(expression)})`);
  const tree = (alone?.indexParams as { IndexElem?: { expr?: unknown } }[] | undefined)?.[0]?.IndexElem?.expr;
  const same = alone && put(oneStatementOf('IndexStmt', `create index on t (${inBrackets(placeholder)})`), [tree]);
  // A bare name in brackets is a column, as PostgreSQL takes it.
  return tree !== undefined && isDeepStrictEqual(alone, same) ? tree : undefined;
}

/** The tree with each placeholder, in their order, replaced. */
function put(tree: unknown, values: unknown[]): unknown {
  let used = 0;
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    if (isDeepStrictEqual(value, placeholderTree)) return values[used++];
    return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, replace(inner)]));
  };
  const replaced = replace(tree);
  return used === values.length ? replaced : undefined;
}

const placeholderTree = { ColumnRef: { fields: [{ String: { sval: 'pgdeck placeholder' } }] } };

/**
 * Whether a CREATE INDEX statement made from these expressions is exactly one statement which, field by field, is the one
 * with placeholders in their places. Why not, in words; undefined where it is proven.
 */
export function provenIndex(expressions: string[], statement: (expressions: string[]) => string): string | undefined {
  if (!loaded) return 'pgdeck has not loaded the parser yet; try again';
  const trees: unknown[] = [];
  for (const expression of expressions) {
    const tree = expression.length <= mostExpression ? expressionTree(expression) : undefined;
    if (tree === undefined) return `${shown(expression)} is not one expression`;
    const why = notInIndex(tree);
    if (why) return `${shown(expression)} cannot be in an index: ${why}`;
    trees.push(tree);
  }
  const whole = oneStatementOf('IndexStmt', statement(expressions));
  const pattern = oneStatementOf('IndexStmt', statement(expressions.map(() => placeholder)));
  if (!whole || !pattern || !isDeepStrictEqual(whole, put(pattern, trees)))
    return 'the expressions change the rest of the statement';
  return undefined;
}

function shown(expression: string): string {
  const line = expression.replace(/\s+/g, ' ').trim();
  return `“${line.length > 60 ? `${line.slice(0, 60)}…` : line}”`;
}
