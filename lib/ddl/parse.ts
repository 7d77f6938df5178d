import { loadModule, parseSync, type ScanToken, scanSync } from 'libpg-query';
import { ApiError } from '@/lib/access/errors';
import type { Node } from './effect';

/** One statement of a text: its words and its syntax tree, wrapped in its kind. */
export type Statement = { sql: string; kind: string; node: Node };

const mostStatements = 30;
/** How deep a tree may be: the parser overflows its stack beyond twice that, and then never parses anything again. */
const mostDeep = 5000;

type Parsed = { stmts?: { stmt?: Record<string, Node>; stmt_location?: number; stmt_len?: number }[] };

/** A text as PostgreSQL 18's own parser takes it; 422 `syntax_error` with the position where it does not. */
export async function parse(text: string): Promise<Statement[]> {
  await loadModule();
  if (text.length > mostDeep && mayBeDeep(text))
    throw new ApiError(422, 'too_deep', 'A statement of this text is nested too deeply to be looked at.', 'sql');
  let parsed: Parsed;
  try {
    parsed = parseSync(text) as Parsed;
  } catch (error) {
    throw syntaxError(error, text);
  }
  // Places are bytes.
  const bytes = Buffer.from(text);
  const statements = (parsed.stmts ?? []).flatMap(({ stmt, stmt_location = 0, stmt_len }): Statement[] => {
    const [entry] = Object.entries(stmt ?? {});
    if (!entry) return [];
    const end = stmt_len ? stmt_location + stmt_len : bytes.length;
    const sql = bytes.toString('utf8', stmt_location, end).trim().replace(/;$/, '');
    return [{ sql, kind: entry[0], node: entry[1] }];
  });
  if (statements.length === 0)
    throw new ApiError(
      422,
      'nothing',
      'There is no statement in this text, only comments, semicolons or space.',
      'sql',
    );
  if (statements.length > mostStatements)
    throw new ApiError(
      422,
      'too_many',
      `These are ${statements.length} statements; at most ${mostStatements} are looked at together.`,
      'sql',
    );
  return statements;
}

/** Whether the tree of a text may be deeper than can be parsed: told by the scanner, which does not nest. */
function mayBeDeep(text: string): boolean {
  try {
    return deepest(scanSync(text).tokens) > mostDeep;
  } catch {
    // What cannot be scanned cannot be parsed either.
    return false;
  }
}

/** What a tree is at most as deep as: operators and the like that stand together, not those that commas part. */
function deepest(tokens: ScanToken[]): number {
  type Level = { here: number; inside: number; most: number };
  const level = (): Level => ({ here: 0, inside: 0, most: 0 });
  const close = ({ here, inside, most }: Level) => Math.max(most, here + inside);
  const open: Level[] = [];
  let at = level();
  for (const { text, tokenName } of tokens) {
    if (tokenName.endsWith('COMMENT')) continue;
    if (text === '(' || text === '[') {
      at.here++;
      open.push(at);
      at = level();
    } else if (text === ')' || text === ']') {
      const depth = close(at);
      at = open.pop() ?? level();
      at.inside = Math.max(at.inside, depth);
    } else if (text === ',' || text === ';') at = { ...level(), most: close(at) };
    else at.here++;
  }
  return [...open, at].reduce((sum, each) => sum + close(each), 0);
}

function syntaxError(error: unknown, text: string): ApiError {
  const { sqlDetails, message } = error as { sqlDetails?: { cursorPosition?: number }; message?: string };
  // The parser itself failed: such as a text with too many parentheses.
  if (!sqlDetails) return new ApiError(422, 'syntax_error', 'PostgreSQL’s parser does not take this text.', 'sql');
  const at = sqlDetails.cursorPosition ?? -1;
  const position = at < 0 ? text.length : at;
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  const column = position - before.lastIndexOf('\n');
  return new ApiError(
    422,
    'syntax_error',
    `${message ?? 'syntax error'}, at position ${position + 1} (line ${line}, column ${column}).`,
    'sql',
  );
}
