import type { Column, Value } from './column';

/** Rows as CSV with a head of column ids; texts that a spreadsheet would run as formulas are defused. */
export function toCsv<R>(columns: Column<R>[], rows: R[]): string {
  const lines = [columns.map((column) => column.id), ...rows.map((row) => columns.map((column) => column.value(row)))];
  return lines.map((cells) => cells.map(csvCell).join(',')).join('\r\n');
}

/** A text that a spreadsheet reads as a formula, also behind what it strips, and with signs of full width. */
const formula = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/** One cell: quoted where it has to be (somewhere a semicolon or a tab parts cells), a formula made harmless by an apostrophe. */
export function csvCell(value: Value): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
