import type { Operation } from './document';
import { exampleOf, type Schemas } from './schema';

/** Values of parameters by their names, as somebody typed them; empty: left out. */
export type Values = Record<string, string>;

/** What stands in a field before somebody typed: what this page is about, the rest as a placeholder. */
export function presetsOf(operation: Operation, server: string): Values {
  const known: Values = { server, topic: 'sessions', series: 'connections' };
  return Object.fromEntries(
    operation.parameters
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => [name, known[name] ?? `<${name}>`]),
  );
}

/** The path of an operation with its parameters; a placeholder stays readable. */
export function pathWith({ path, parameters }: Operation, values: Values): string {
  const encoded = (text: string) => (/^<\w+>$/.test(text) ? text : encodeURIComponent(text));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(values[name] || `<${name}>`));
  const query = parameters.flatMap(({ in: where, name, required }) => {
    const value = values[name] || (required ? `<${name}>` : '');
    return where === 'query' && value !== '' ? [`${name}=${encoded(value)}`] : [];
  });
  return query.length > 0 ? `${filled}?${query.join('&')}` : filled;
}

/** A text as a word of a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The line that asks an operation from a shell. `address` is pgdeck's own with its base path; without `token` nobody has to
 * be recognised, and what changes something names where it comes from instead.
 */
export function curlOf(
  operation: Operation,
  values: Values,
  { address, token, schemas }: { address: string; token: boolean; schemas: Schemas },
): string {
  const { method, body, role } = operation;
  const sends = method !== 'GET';
  const parts = [
    'curl -s',
    ...(sends ? [`-X ${method}`] : []),
    ...(token && role !== 'open' ? ['-H "Authorization: Bearer $PGDECK_TOKEN"'] : []),
    ...(sends && !(token && role !== 'open') ? [`-H ${quoted(`Origin: ${new URL(address).origin}`)}`] : []),
    ...(sends ? [`-H 'Content-Type: application/json'`] : []),
    ...(sends && body ? [`-d ${quoted(JSON.stringify(exampleOf(body, schemas)))}`] : []),
    quoted(address + pathWith(operation, values)),
  ];
  return parts.join(' ');
}
