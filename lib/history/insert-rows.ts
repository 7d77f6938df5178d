type Run = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** Columns of an insert, each with its SQL type. */
export type Columns = readonly (readonly [name: string, type: string])[];

const mostRows = 64;
const texts = new Map<string, string>();

/**
 * Adds rows with multi-row VALUES, the form that is quick on every engine. Numbers of rows are powers of two: each number
 * is a statement that the server keeps prepared.
 */
export async function insertRows(
  run: Run,
  table: string,
  columns: Columns,
  rows: unknown[][],
  conflict = 'on conflict do nothing',
): Promise<void> {
  for (let from = 0; from < rows.length; ) {
    const count = 2 ** Math.floor(Math.log2(Math.min(mostRows, rows.length - from)));
    await run(insertText(table, columns, count, conflict), rows.slice(from, from + count).flat());
    from += count;
  }
}

function insertText(table: string, columns: Columns, count: number, conflict: string): string {
  const key = `${table} ${count} ${columns.length} ${conflict}`;
  let text = texts.get(key);
  if (!text) {
    const row = (at: number) =>
      `(${columns.map(([, type], place) => `$${at * columns.length + place + 1}::${type}`).join(', ')})`;
    text = `insert /* pgdeck:store */ into pgdeck.${table} (${columns.map(([name]) => name).join(', ')})
values ${Array.from({ length: count }, (_, at) => row(at)).join(', ')}
${conflict}`;
    texts.set(key, text);
  }
  return text;
}
