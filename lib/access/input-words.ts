import { z } from 'zod';
import { nearest } from '@/lib/nearest';

/** A JSON schema as far as words are made of it. */
type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  items?: Schema;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  format?: string;
  pattern?: string;
};

/** What is wrong with an input: the field, and a sentence for people. */
export type Wrong = { field: string; message: string };

/** What an input is part of; `field` names the whole of it, `known` calls what it is made of. */
export type Part = { path: readonly PropertyKey[]; field: string; known: 'parameter' | 'field' };

const schemas = new WeakMap<z.ZodType, Schema>();
/** Whatever somebody sent is not repeated whole. */
const mostShown = 60;

/** Words of a shape's own win; where it has none there is no message, and they are made here. */
export const withoutWords = { error: () => '' } as const;

/** What zod found wrong first in a value, in plain words: what was given, and what the shape takes. */
export function wrongOf(error: z.ZodError, shape: z.ZodType, value: unknown, part: Part): Wrong {
  // A name that is not known tells most often why another one is missing.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  if (!issue) return { field: part.field, message: 'It does not have the expected shape.' };
  const schema = schemaOf(shape);
  const field = pathText([...part.path, ...issue.path]) || part.field;
  const places = placesAt(schema, issue.path, value);
  if (issue.code === 'unrecognized_keys') return unknownName(issue.keys[0] ?? '', places, issue.path, part);
  const given = issue.path.reduce<unknown>((inside, at) => (inside as Record<PropertyKey, unknown>)?.[at], value);
  const subject = issue.path.length === 0 ? `The ${part.field}` : field;
  return { field, message: sentence(subject, issue, given, places) };
}

function sentence(subject: string, issue: z.core.$ZodIssue, given: unknown, places: Schema[]): string {
  if (issue.code === 'invalid_key') return `${subject} has a name that cannot be taken here.`;
  const { message } = issue;
  if (message !== '' && !/^(must|is|has|can) ?/.test(message)) return `${subject}: ${message}.`;
  const is = message || `must be ${wanted(places)}`;
  if (given === undefined) return `${subject} is missing${is.startsWith('must') ? `; it ${is}` : ''}.`;
  return `${subject} ${is}; ${told(issue, given, places)}.`;
}

function unknownName(name: string, places: Schema[], path: readonly PropertyKey[], part: Part): Wrong {
  const known = places.flatMap(({ properties = {} }) => Object.keys(properties));
  const near = nearest(name, known);
  const field = pathText([...part.path, ...path, name]);
  const question = near === undefined ? '' : ` Did you mean ${near}?`;
  return { field, message: `There is no ${part.known} ${field}.${question} ${thereIs(known)}.` };
}

function thereIs(known: string[]): string {
  if (known.length === 0) return 'There are none here';
  return known.length === 1 ? `There is only ${known[0]}` : `There are ${known.join(', ')}`;
}

/** What may stand somewhere, in words that follow “must be”. */
function wanted(places: Schema[]): string {
  const values = places.flatMap((place) => place.enum ?? (place.const === undefined ? [] : [place.const]));
  const kinds = places.filter((place) => !place.enum && place.const === undefined).map(kindWanted);
  const listed = values.length > 2 ? [`one of ${values.join(', ')}`] : values.map(String);
  return [...new Set([...listed, ...kinds])].join(' or ') || 'something else';
}

function kindWanted(place: Schema): string {
  switch (place.type) {
    case 'integer':
      return `a whole number${rangeOf(place)}`;
    case 'number':
      return `a number${rangeOf(place)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `a list${extentOf(place.minItems, place.maxItems, '')}`;
    case 'string':
      if (place.format === 'uuid') return 'a UUID';
      if (place.pattern !== undefined) return `text of the form ${place.pattern}`;
      return place.minLength === 1 && place.maxLength === undefined
        ? 'text that is not empty'
        : `text${extentOf(place.minLength, place.maxLength, ' characters')}`;
    default:
      return 'an object';
  }
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Schema): string {
  // What JSON can hold exactly is no limit of ours.
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const least = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum}${most === undefined ? '' : `, at most ${most}`}`;
  if (least !== undefined) return ` from ${least}${most === undefined ? ' on' : ` to ${most}`}`;
  return most === undefined ? '' : ` of at most ${most}`;
}

function extentOf(least: number | undefined, most: number | undefined, unit: string): string {
  if (most === undefined) return least === undefined ? '' : ` of at least ${least}${unit}`;
  return least === undefined ? ` of at most ${most}${unit}` : ` of ${least} to ${most}${unit}`;
}

/** What was given, as far as it tells something: of texts that may be anything only how long they are. */
function told(issue: z.core.$ZodIssue, given: unknown, places: Schema[]): string {
  const isExtent = issue.code === 'too_big' || issue.code === 'too_small';
  if (isExtent && issue.origin === 'string') return given === '' ? 'it is empty' : `it has ${String(given).length}`;
  if (isExtent && Array.isArray(given)) return given.length === 0 ? 'it is empty' : `it has ${given.length}`;
  const isText = places.every((place) => place.type === 'string' && !(place.enum ?? place.const ?? place.pattern));
  return `it was ${isText && issue.code !== 'custom' ? kindOf(given) : shown(given)}`;
}

function shown(given: unknown): string {
  if (typeof given === 'string') return `“${short(given)}”`;
  return given === null || typeof given !== 'object' ? String(given) : kindOf(given);
}

function kindOf(given: unknown): string {
  if (given === null) return 'null';
  if (Array.isArray(given)) return 'a list';
  const kinds: Record<string, string> = { string: 'text', number: 'a number', boolean: 'true or false' };
  return kinds[typeof given] ?? 'an object';
}

const short = (text: string) => {
  const plain = text.replace(/\p{C}/gu, '\ufffd');
  return plain.length > mostShown ? `${plain.slice(0, mostShown)}…` : plain;
};

const pathText = (path: readonly PropertyKey[]) => path.map((part) => short(String(part))).join('.');

function schemaOf(shape: z.ZodType): Schema {
  let schema = schemas.get(shape);
  if (!schema) {
    schema = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as Schema;
    schemas.set(shape, schema);
  }
  return schema;
}

/** All that may stand at a path of a value. */
function placesAt(root: Schema, path: readonly PropertyKey[], value: unknown): Schema[] {
  let places = variantsOf(root, root);
  let given = value;
  for (const part of path) {
    const inside = meant(places, given).flatMap((place) => insideOf(place, part));
    places = inside.flatMap((place) => variantsOf(place, root));
    given = (given as Record<PropertyKey, unknown> | null | undefined)?.[part];
  }
  return meant(places, given);
}

function variantsOf(schema: Schema, root: Schema): Schema[] {
  const name = schema.$ref?.slice(schema.$ref.lastIndexOf('/') + 1);
  if (name !== undefined) return variantsOf(root.$defs?.[name] ?? {}, root);
  return (schema.anyOf ?? schema.oneOf)?.flatMap((variant) => variantsOf(variant, root)) ?? [schema];
}

/** Of several shapes those of which a value has what tells them from the others; all where it has none. */
function meant(places: Schema[], given: unknown): Schema[] {
  const values = (given ?? {}) as Record<string, unknown>;
  const found = places.filter(({ properties = {} }) =>
    Object.entries(properties).every(([name, { const: told }]) => told === undefined || told === values[name]),
  );
  return found.length > 0 ? found : places;
}

function insideOf({ properties = {}, items, additionalProperties }: Schema, part: PropertyKey): Schema[] {
  const name = String(part);
  if (Object.hasOwn(properties, name)) return [properties[name] ?? {}];
  const inside = typeof part === 'number' ? items : additionalProperties;
  return typeof inside === 'object' ? [inside] : [];
}
