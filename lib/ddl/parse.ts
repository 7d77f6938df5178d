import { loadModule, parseSync } from 'libpg-query';
import { ApiError } from '@/lib/access/errors';
import type { Node } from './effect';

/** One statement of a text: its words and its syntax tree, wrapped in its kind. */
export type Statement = { sql: string; kind: string; node: Node };

const mostStatements = 100;

type Parsed = { stmts?: { stmt?: Record<string, Node>; stmt_location?: number; stmt_len?: number }[] };

/** A text as PostgreSQL 18's own parser takes it; 422 `syntax_error` with the position where it does not. */
export async function parse(text: string): Promise<Statement[]> {
  await loadModule();
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
  if (statements.length > mostStatements)
    throw new ApiError(
      422,
      'too_many_statements',
      `These are ${statements.length} statements; at most ${mostStatements} are looked at together.`,
      'sql',
    );
  return statements;
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
