/** Strikes out what stands in quotes as data in a text for the audit; names in double quotes stay. */
export function maskLiterals(text: string): string {
  return text
    .replace(/\$([a-z_]*)\$[\s\S]*?\$\1\$/gi, "'…'")
    .replace(/(?:\b[eb])?'(?:[^']|'')*'/gi, "'…'")
    .replace(/=\(.*?\)/g, '=(…)');
}

/** SQLSTATEs look like this; codes of the network look alike: EPIPE. */
export const likeSqlstate = /^(?!E[A-Z]{4}$)[0-9A-Z]{5}$/;

/**
 * Classes whose messages are PostgreSQL's own words and names. In all others (22, 23, P0, XX, 2F, 38, 39, 58 …) a message may
 * quote a row that the statement met, or what a function of the application said.
 */
const tellable = /^(?:42|25|57|55|54|53|0A|3F|28|3D|08)/;
const onlyNames =
  /^(?:updated partition constraint for default partition|partition constraint of relation|check constraint) .{1,300} (?:is|would be) violated by some row$/s;

/**
 * What of an error of PostgreSQL may be told, in its own words; undefined where its message can hold data. Detail, hint, place and
 * the statement inside a function are never told.
 */
export function toldMessage(sqlstate: string, message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined;
  if (sqlstate === '23514' && onlyNames.test(message)) return message;
  if (!tellable.test(sqlstate)) return undefined;
  // A syntax error quotes what stands there, which can be a value.
  return maskLiterals(message.replace(/\bat or near "[\s\S]*"/, 'at or near "…"'));
}

/** An error of PostgreSQL for the log: of what can hold data only the words around what is quoted, if those are PostgreSQL's own. */
export function loggedMessage(sqlstate: string, message: string): string {
  const told = toldMessage(sqlstate, message);
  if (told !== undefined) return told;
  if (!/^2[23]/.test(sqlstate)) return 'Its text is hidden, for it can hold data.';
  return message.replace(/"[\s\S]*"|'[\s\S]*'|\d+|:[\s\S]*/g, '…');
}
