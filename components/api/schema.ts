/** A JSON schema as far as the page reads it. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  default?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  'x-unit'?: string;
};

/** The named schemas of a document. */
export type Schemas = Record<string, Schema>;

/** One line of the tree of a shape. */
export type Field = {
  name: string;
  /** In words: `string or null`, `list of Finding`. */
  type: string;
  optional: boolean;
  meaning: string | undefined;
  unit: string | undefined;
  schema: Schema;
};

const nameOf = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1);

/** What a reference leads to; a schema itself where it is none. */
export function resolved(schema: Schema, schemas: Schemas): Schema {
  return schema.$ref === undefined ? schema : (schemas[nameOf(schema.$ref)] ?? {});
}

/** The shapes that a value can be; those of a union inside that has no name are among them. */
function variantsOf(schema: Schema): Schema[] | undefined {
  const variants = schema.oneOf ?? schema.anyOf;
  return variants?.flatMap((variant) => variantsOf(variant) ?? [variant]);
}

/** What a value is, in words; what is named goes by its name. */
export function typeWords(schema: Schema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  const variants = variantsOf(schema);
  if (variants) {
    const words = variants.map(typeWords);
    return words.length > 3 ? `one of ${words.length} shapes` : [...new Set(words)].join(' or ');
  }
  const types = [schema.type ?? 'any'].flat();
  return types
    .map((type) => {
      if (type === 'array') return schema.items ? `list of ${typeWords(schema.items)}` : 'list';
      const values = type === 'object' && schema.additionalProperties;
      return values && values !== true ? `map of ${typeWords(values)}` : type;
    })
    .join(' or ');
}

/** What limits a value, in words; undefined: nothing. */
export function limitWords({ minimum, maximum, maxLength, default: preset }: Schema): string | undefined {
  const words = [
    rangeWords(minimum, maximum),
    maxLength !== undefined && `at most ${maxLength} characters`,
    preset !== undefined && `${JSON.stringify(preset)} where missing`,
  ].filter((word) => word !== false);
  return words.length > 0 ? words.join(', ') : undefined;
}

function rangeWords(minimum: number | undefined, maximum: number | undefined): string | false {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  return minimum !== undefined ? `at least ${minimum}` : maximum !== undefined && `at most ${maximum}`;
}

/** What stands in an empty field: what is taken where it stays empty, or what can be given. */
export function placeholderOf(schema: Schema): string {
  const { type, minimum, maximum, default: preset } = schema;
  if (preset !== undefined) return String(preset);
  const range = type === 'integer' || type === 'number' ? rangeWords(minimum, maximum) : false;
  return range || typeWords(schema);
}

/** The lines below a shape: its fields, those of what it lists, or the shapes that it can be; none where it is a plain value. */
export function fieldsOf(schema: Schema, schemas: Schemas): Field[] {
  const shape = resolved(schema, schemas);
  const variants = variantsOf(shape)?.filter((variant) => variant.type !== 'null');
  if (variants?.length === 1 && variants[0]) return fieldsOf(variants[0], schemas);
  if (variants)
    return variants
      .filter((variant) => fieldsOf(variant, schemas).length > 0)
      .map((variant) => variantField(variant, schemas));
  if (shape.items) return fieldsOf(shape.items, schemas);
  const { additionalProperties: values } = shape;
  if (typeof values === 'object' && !shape.properties) return fieldsOf(values, schemas);
  return Object.entries(shape.properties ?? {}).map(([name, field]) => ({
    name,
    type: typeWords(field),
    optional: !shape.required?.includes(name),
    meaning: field.description ?? resolved(field, schemas).description,
    unit: field['x-unit'],
    schema: field,
  }));
}

/** One of several shapes, called by its name or by the fields that tell it from the others. */
function variantField(variant: Schema, schemas: Schemas): Field {
  const shape = resolved(variant, schemas);
  const told = Object.entries(shape.properties ?? {}).flatMap(([name, { const: value }]) =>
    value === undefined ? [] : [`${name}: ${JSON.stringify(value)}`],
  );
  return {
    name: told.at(-1) ?? typeWords(variant),
    type: typeWords(variant),
    optional: false,
    meaning: variant.description ?? shape.description,
    unit: undefined,
    schema: variant,
  };
}

const mostDeep = 6;

/** A small value of a shape, for the body of a command line: what has to be there, and nothing else. */
export function exampleOf(schema: Schema, schemas: Schemas, deep = 0): unknown {
  const shape = resolved(schema, schemas);
  const variant = variantsOf(shape)?.[0];
  if (shape.const !== undefined) return shape.const;
  if (shape.enum) return shape.enum[0];
  if (deep > mostDeep) return null;
  if (variant) return exampleOf(variant, schemas, deep + 1);
  const type = [shape.type].flat()[0];
  if (type === 'object')
    return Object.fromEntries(
      (shape.required ?? []).map((name) => [name, exampleOf(shape.properties?.[name] ?? {}, schemas, deep + 1)]),
    );
  if (type === 'array') return [];
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number') return shape.minimum ?? 1;
  return '…';
}
