import { formatDialect, postgresql } from 'sql-formatter';

/** A statement laid out over lines; as it is where it cannot be parsed (it may be cut off). */
export function formatSql(sql: string): string {
  try {
    return formatDialect(sql, { dialect: postgresql, paramTypes: { numbered: ['$'] }, expressionWidth: 72 });
  } catch {
    return sql;
  }
}
