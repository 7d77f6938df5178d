import { exact } from '@/lib/format';
import { type BoundDraft, boundOf, wrongBound } from './bound-draft';

/** One option of an action, as a form shows it. */
export type Field = {
  name: string;
  title: string;
  description: string | undefined;
  /** True: it has no default and must be given. */
  required: boolean;
  /** What the server takes where nothing is chosen. */
  initial: unknown;
  /** What an empty field means: it is left out, or it is sent as null. */
  empty: 'out' | 'null';
  /** True: it can also be set back, which is sent as null. */
  resets: boolean;
} & (
  | { kind: 'check' | 'switch' | 'attnums' | 'lines' | 'json' | 'bound' | 'table' }
  | { kind: 'group'; fields: Field[] }
  | { kind: 'choice' | 'many'; values: (string | number)[] }
  | { kind: 'number'; whole: boolean; least: number | undefined; most: number | undefined }
  | { kind: 'text'; longest: number | undefined }
);

/** What a form holds of each option, as it was typed or chosen; missing: left to the server. */
export type Values = Record<string, unknown>;

type Schema = {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: Record<string, Schema>;
  required?: string[];
};

/** The options of an action, from their JSON schema, in its order. */
export function fieldsOf(schema: unknown): Field[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Schema;
  return Object.entries(properties).flatMap(([name, given]) => {
    const of = withoutNull(given);
    const must = required.includes(name) && given.default === undefined;
    // Which other table is meant is known to the plan that asks for it: nobody has to choose it.
    if (isOid(of) && !must) return [];
    const common = {
      name,
      title: given.title ?? of.title ?? sentenceCase(name),
      description: given.description ?? of.description,
      required: must && !isNullable(given),
      initial: given.default,
      empty: must && isNullable(given) ? 'null' : 'out',
      resets: !must && isNullable(given),
    };
    return [{ ...common, ...kindOf(of, common.required) } as Field];
  });
}

function kindOf(schema: Schema, required: boolean) {
  const values = valuesOf(schema);
  if (values) return { kind: 'choice', values };
  if (schema.oneOf?.every((each) => each.properties?.by)) return { kind: 'bound' };
  if (isOid(schema)) return { kind: 'table' };
  switch (schema.type) {
    case 'boolean':
      // Neither on nor off is a third answer where the server has a default of its own.
      return { kind: schema.default !== undefined || required ? 'check' : 'switch' };
    case 'integer':
    case 'number':
      return {
        kind: 'number',
        whole: schema.type === 'integer',
        least: near(schema.minimum),
        most: near(schema.maximum),
      };
    case 'string':
      return { kind: 'text', longest: schema.maxLength };
    case 'array': {
      const each = schema.items && valuesOf(schema.items);
      if (each) return { kind: 'many', values: each };
      if (schema.items?.type === 'integer') return { kind: 'attnums' };
      if (schema.items?.type === 'string') return { kind: 'lines' };
      return { kind: 'json' };
    }
    case 'object':
      return { kind: 'group', fields: fieldsOf(schema) };
    default:
      return { kind: 'json' };
  }
}

/** An integer that reaches as far as an OID does. */
const isOid = ({ type, maximum }: Schema) => type === 'integer' && maximum === 4_294_967_295;

const isNullable = ({ anyOf, type }: Schema) =>
  anyOf?.some((each) => each.type === 'null') === true || (Array.isArray(type) && type.includes('null'));

function withoutNull(schema: Schema): Schema {
  const rest = schema.anyOf?.filter((each) => each.type !== 'null');
  const [only] = rest ?? [];
  if (rest?.length === 1 && only) return { ...only, ...('default' in schema && { default: schema.default }) };
  if (Array.isArray(schema.type)) {
    const [type] = schema.type.filter((each) => each !== 'null');
    return { ...schema, ...(type && { type }) };
  }
  return schema;
}

function valuesOf({ enum: values, const: only, anyOf }: Schema): (string | number)[] | undefined {
  const all = values ?? (only !== undefined ? [only] : anyOf?.map((each) => each.const));
  return all && all.length > 0 && all.every((value) => typeof value === 'string' || typeof value === 'number')
    ? (all as (string | number)[])
    : undefined;
}

// zod writes the ends of what a number can hold where no range was given.
const near = (limit: number | undefined) =>
  limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER ? limit : undefined;

/** What is wrong with a value as it stands in its field, in words; undefined: nothing that can be told here. */
export function wrongOf(field: Field, value: unknown): string | undefined {
  const empty =
    value === undefined ||
    value === '' ||
    (Array.isArray(value) && value.length === 0) ||
    (field.kind === 'bound' && (value as BoundDraft).by === '');
  if (empty) return field.required && field.kind !== 'check' ? 'It must be given.' : undefined;
  if (value === null) return undefined;
  if (field.kind === 'bound') return wrongBound(value as BoundDraft);
  if (field.kind === 'group') return wrongGroup(field.fields, value as Values);
  if (field.kind === 'number') {
    const number = Number(value);
    if (!Number.isFinite(number)) return 'It must be a number.';
    if (field.whole && !Number.isInteger(number)) return 'It must be a whole number.';
    if (field.least !== undefined && number < field.least) return `It must be at least ${field.least}.`;
    if (field.most !== undefined && number > field.most) return `It must be at most ${field.most}.`;
  }
  if (field.kind === 'json') {
    try {
      JSON.parse(String(value));
    } catch {
      return 'It must be JSON.';
    }
  }
  return undefined;
}

/** A group is filled in as a whole, or not at all. */
function wrongGroup(fields: Field[], values: Values): string | undefined {
  if (Object.keys(optionsOf(fields, values)).length === 0) return undefined;
  const [wrong] = fields.flatMap((each) => {
    const message = wrongOf(each, values[each.name]);
    return message ? [`${each.title}: ${message}`] : [];
  });
  return wrong;
}

/** The options to send: what was typed as the server wants it; what was left alone is left out. */
export function optionsOf(fields: Field[], values: Values): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const field of fields) {
    const given = values[field.name];
    const value = given === undefined && field.kind === 'check' && field.required ? false : given;
    if (value === null || ((value === undefined || value === '') && field.empty === 'null')) {
      options[field.name] = null;
      continue;
    }
    if (value === undefined || value === '') continue;
    if (Array.isArray(value) && value.length === 0) continue;
    const made = sent(field, value);
    if (made !== undefined) options[field.name] = made;
  }
  return options;
}

function sent(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'number':
      return Number(value);
    case 'json':
      return typeof value === 'string' ? JSON.parse(value) : value;
    case 'bound':
      return boundOf(value as BoundDraft);
    case 'group': {
      const inside = optionsOf(field.fields, value as Values);
      return Object.keys(inside).length > 0 ? inside : undefined;
    }
    case 'lines':
      return String(value)
        .split('\n')
        .filter((line) => line.trim() !== '');
    default:
      return value;
  }
}

/** The option that a field of an error is about: `columns` of `options.columns.0.expression`. */
export function optionOf(errorField: string | undefined): string | undefined {
  const [first, name] = errorField?.split('.') ?? [];
  return first === 'options' ? name : undefined;
}

/** What a refusal says of a field, beside that field: its name stands there already. */
export function saidAtField({ field = '', message }: { field?: string | undefined; message: string }): string {
  return message.startsWith(`${field} `) ? `It${message.slice(field.length)}` : message.replace(`${field}: `, '');
}

/** From where to where a number can be: `10 to 100.`; the end of what PostgreSQL can hold is no limit that helps. */
export function rangeWords(least: number, most: number): string {
  return most >= 2_147_483_647 ? `${exact(least)} or more.` : `${exact(least)} to ${exact(most)}.`;
}

/** An option's name as words: `index_cleanup` becomes `Index cleanup`. */
export function sentenceCase(name: string): string {
  const words = name.replaceAll('_', ' ').replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
