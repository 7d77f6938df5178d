/** What a page is filtered by: words that rows must hold, and fields such as `state`. */
export type Filter = { text: string; fields: Record<string, string> };

const field = /(^|\s)([a-z_]+):(?:"([^"]*)"|(\S+))/g;

/** Reads `state:"idle in transaction" billing` as a field and words. */
export function parseFilter(text: string): Filter {
  const fields: Record<string, string> = {};
  const words = text.replace(field, (_all, _space, name: string, quoted?: string, plain?: string) => {
    fields[name] = quoted ?? plain ?? '';
    return ' ';
  });
  return { text: words.trim().replace(/\s+/g, ' '), fields };
}

/** Writes a filter as the URL holds it; empty parts are left out. */
export function printFilter({ text, fields }: Filter): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(
      ([name, value]) =>
        `${name}:${/^\S+$/.test(value) && !value.includes('"') ? value : `"${value.replaceAll('"', '')}"`}`,
    );
  return [...parts, text.trim()].filter(Boolean).join(' ');
}
