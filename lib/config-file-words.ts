import type { z } from 'zod';
import type { JsonSchema } from './config-file-shape';
import { pathText } from './config-file-text';
import { nearest } from './nearest';

/** What is wrong at one place of the file, and what to do. */
export type Problem = { path: string; text: string };

/** Problems, and the paths of keys that unknown ones were meant to be: that those are missing is told by the slip alone. */
export type Found = { problems: Problem[]; meant: ReadonlySet<string> };

/** What zod found in `content`, in our words and without a value of the file; `schema` says what should be there. */
export function problemsOf(issues: z.core.$ZodIssue[], content: unknown, schema: JsonSchema): Found {
  const meant = new Set(issues.flatMap((issue) => meantBy(issue, schema)));
  const isTold = (issue: z.core.$ZodIssue) => {
    const path = pathText(issue.path);
    if (issue.code === 'custom') return [...meant].some((key) => key.startsWith(`${path}.`));
    return meant.has(path) && valueAt(content, issue.path) === undefined;
  };
  return {
    problems: issues.filter((issue) => !isTold(issue)).flatMap((issue) => problemsOfOne(issue, content, schema)),
    meant,
  };
}

function meantBy(issue: z.core.$ZodIssue, schema: JsonSchema): string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const known = Object.keys(schemaAt(schema, issue.path)?.properties ?? {});
  return issue.keys.flatMap((key) => {
    const near = nearest(key, known);
    return near === undefined ? [] : [pathText([...issue.path, near])];
  });
}

function problemsOfOne(issue: z.core.$ZodIssue, content: unknown, schema: JsonSchema): Problem[] {
  const path = pathText(issue.path);
  const place = schemaAt(schema, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(place?.properties ?? {});
    return issue.keys.map((key) => unknownKey(path, key, known));
  }
  return [{ path, text: textOf(issue, valueAt(content, issue.path), place) }];
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], content);
}

function textOf(issue: z.core.$ZodIssue, given: unknown, place: JsonSchema | undefined): string {
  // What zod says itself begins with these; other words are ours.
  if (!/^(Invalid|Too) /.test(issue.message)) return `${issue.message}.`;
  const give = `give ${wanted(place)}.`;
  if (given === undefined) return `this key is missing; ${give}`;
  if (issue.code === 'invalid_type') return `this is ${kindOf(given)}; ${give}`;
  if (issue.code === 'invalid_value') {
    const near = typeof given === 'string' ? nearest(given, place?.enum ?? []) : undefined;
    return `this is none of them; ${near === undefined ? give : `did you mean ${near}? Otherwise ${give}`}`;
  }
  return `this is ${extentOf(issue)}; ${give}`;
}

function extentOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return 'not of that form';
  const small = issue.code === 'too_small';
  switch (issue.origin) {
    case 'string':
      return small ? 'empty' : 'too long';
    case 'array':
      return small ? 'an empty list' : 'too long a list';
    default:
      return small ? 'too small' : 'too large';
  }
}

/** Whatever somebody pasted in a wrong place is not repeated, only what looks like a key. */
function unknownKey(path: string, key: string, known: string[]): Problem {
  const isName = /^[$\w-]{1,40}$/.test(key);
  const inner = isName ? pathText([...(path === '' ? [] : [path]), key]) : path;
  const near = nearest(key, known);
  const what = isName ? 'this key is not known here' : 'a key in here is not known';
  return {
    path: inner,
    text: near === undefined ? `${what}. Known are ${known.join(', ')}.` : `${what}. Did you mean ${near}?`,
  };
}

function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>(
    (at, part) => (typeof part === 'number' ? at?.items : at?.properties?.[String(part)]),
    schema,
  );
}

function wanted(schema: JsonSchema | undefined): string {
  const [example] = schema?.examples ?? [];
  const such = example === undefined ? '' : `, such as ${JSON.stringify(example)}`;
  if (schema?.enum) return `one of ${schema.enum.join(', ')}`;
  switch (schema?.type) {
    case 'integer':
      return `a whole number from ${schema.minimum} to ${schema.maximum}${such}`;
    case 'string':
      return `${schema.maxLength === undefined ? 'text' : `text of 1 to ${schema.maxLength} characters`}${such}`;
    case 'array':
      return `a list${such}`;
    default:
      return `an object${such}`;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return Number.isInteger(value) ? 'a number' : 'no whole number';
    case 'boolean':
      return `${value}`;
    default:
      return 'an object';
  }
}
