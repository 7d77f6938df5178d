import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { actions } from '@/lib/actions/index';
import type { AnyContract } from '@/lib/api/contract';
import { contracts } from '@/lib/api/index';
import { topics } from '@/lib/topics/index';
import type { AnyTopic } from '@/lib/topics/topic';
import { ApiError } from './errors';
import { checked, unreadQuery } from './input';
import { type Part, withoutWords, wrongOf } from './input-words';

/** What somebody is told of an input, with the field. */
function told(shape: z.ZodType, value: unknown, of: Parameters<typeof checked>[2]): [string, string | undefined] {
  try {
    checked(shape, value, of);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect([error.status, error.code]).toEqual([400, 'bad_input']);
    return [error.message, error.field];
  }
  throw new Error(`${JSON.stringify(value)} was taken`);
}

const contract = (name: keyof typeof contracts) => contracts[name] as AnyContract;
const query = (name: keyof typeof contracts, value: Record<string, string>) =>
  told(contract(name).query as z.ZodType, value, 'query');
const body = (name: keyof typeof contracts, value: unknown) => told(contract(name).body as z.ZodType, value, 'body');

describe('a wrong parameter is told with what it takes and what was given:', () => {
  it.each<[keyof typeof contracts, Record<string, string>, string]>([
    ['audit', { limit: 'abc' }, 'limit must be a whole number from 1 to 500; it was “abc”.'],
    ['audit', { limit: '501' }, 'limit must be a whole number from 1 to 500; it was “501”.'],
    ['audit', { limit: '1.5' }, 'limit must be a whole number from 1 to 500; it was “1.5”.'],
    ['audit', { before: '0' }, 'before must be a whole number from 1 on; it was “0”.'],
    ['audit', { fleet: 'yes' }, 'fleet must be 0 or 1; it was “yes”.'],
    ['audit', { from: 'yesterday' }, 'from must be a time as ISO 8601 or epoch seconds; it was “yesterday”.'],
    ['audit', { search: 'x'.repeat(201) }, 'search must be text of at most 200 characters; it has 201.'],
    ['auditExport', { format: 'xml' }, 'format must be jsonl or csv; it was “xml”.'],
    ['definition', { kind: 'index' }, 'oid is missing; it must be a whole number from 1 to 4294967295.'],
    [
      'definition',
      { kind: 'no', oid: '1' },
      'kind must be one of index, view, function, constraint, trigger, rule, statistics; it was “no”.',
    ],
    ['actionChoices', { kind: 'relation', partition: '1' }, 'partition must be true or false; it was “1”.'],
    [
      'actionChoices',
      { kind: 'relation', relkinds: 'x' },
      'relkinds must be up to five of the letters r, p, m, f and S; it was “x”.',
    ],
    ['actionChoices', { kind: '' }, 'kind must be text of 1 to 64 characters; it is empty.'],
    ['table', { schema: 'public' }, 'table: give schema and table, or oid.'],
    [
      'compare',
      { a: '1,2', b: 'x\u202e' },
      'b must be from,to, each a time as ISO 8601 or epoch seconds; it was “x\ufffd”.',
    ],
    ['topic', { fresh: 'true' }, 'fresh must be 0 or 1; it was “true”.'],
  ])('%s %j', (name, value, message) => {
    expect(query(name, value)[0]).toBe(message);
  });

  it('long ones are not repeated whole', () => {
    const [message] = query('audit', { limit: 'y'.repeat(5000) });
    expect(message.length).toBeLessThan(150);
  });
});

describe('a parameter that is not known', () => {
  it('is named, with those that are known and the one that was probably meant', () => {
    expect(query('changes', { limt: '5' })).toEqual([
      'There is no parameter limt. Did you mean limit? There are from, to, kind, limit.',
      'limt',
    ]);
    expect(query('audit', { colour: 'red', limit: 'x' })[0]).toMatch(
      /^There is no parameter colour\. There are event, /,
    );
    expect(told(z.strictObject({}), { a: '1' }, 'query')[0]).toBe('There is no parameter a. There are none here.');
  });

  // Fails where the query of a topic is checked by what all topics take together.
  it('of a topic is told with those that this topic takes', () => {
    const asked = (topic: string, value: Record<string, string>) =>
      told(contract('topic').queryOf?.({ server: 'one', topic }) as z.ZodType, value, 'query');
    expect(asked('index-usage', { foo: '1' })).toEqual([
      'There is no parameter foo. There are database, at, fresh, describe.',
      'foo',
    ]);
    expect(asked('index-usage', { limit: '5', describe: '1' })[1]).toBe('limit');
    expect(asked('slow-queries', { limt: '5' })[0]).toBe(
      'There is no parameter limt. Did you mean limit? There are database, at, fresh, describe, min_mean_ms, limit.',
    );
    expect(asked('slow-queries', { limit: '0', describe: '1' })[0]).toBe(
      'limit must be a whole number from 1 to 200; it was “0”.',
    );
    expect(asked('sessions', { describe: '1', at: '2026-11-22T03:14:00Z' })).toEqual([
      'describe: tells of no rows; leave out at and fresh.',
      'describe',
    ]);
  });

  // Fails where a contract lets through what it does not document: a slip of the pen would be taken for a filter.
  it.each(
    Object.entries<AnyContract>(contracts).filter(
      ([name, { query }]) => name !== 'oidcCallback' && query !== unreadQuery,
    ),
  )('is refused by %s', (_, { query }) => {
    const known = Object.keys((query as z.ZodObject | undefined)?.shape ?? {});
    const [message, field] = told(query ?? z.strictObject({}), { nosuch: '1' }, 'query');
    expect(field).toBe('nosuch');
    for (const name of known) expect(message).toContain(name);
  });
});

describe('a wrong body is told with what it takes and what was given:', () => {
  const preview = { action: 'analyze', target: { kind: 'relation', database: 'shop', oid: 5 } };
  it.each<[keyof typeof contracts, unknown, string, string]>([
    ['previewAction', { ...preview, sql: 'x' }, 'There is no field sql. There are action, target, options.', 'sql'],
    [
      'previewAction',
      { ...preview, target: { ...preview.target, oid: '5' } },
      'target.oid must be a whole number from 1 to 4294967295; it was “5”.',
      'target.oid',
    ],
    [
      'previewAction',
      { ...preview, target: { ...preview.target, iod: 5 } },
      'There is no field target.iod. Did you mean oid? There are kind, database, oid.',
      'target.iod',
    ],
    [
      'previewAction',
      { ...preview, target: { kind: 'pgbouncer', x: 1 } },
      'There is no field target.x. There is only kind.',
      'target.x',
    ],
    [
      'previewAction',
      { ...preview, target: { kind: 'backend', pid: 7, backend_start_us: 5 } },
      'target.backend_start_us must be microseconds since the epoch, as text; it was 5.',
      'target.backend_start_us',
    ],
    ['previewAction', { action: 'analyze' }, 'target is missing; it must be an object.', 'target'],
    ['previewAction', undefined, 'The body is missing; it must be an object.', 'body'],
    ['previewAction', [], 'The body must be an object; it was a list.', 'body'],
    [
      'signIn',
      { name: 'ada', password: 4711 },
      'password must be text of at most 1024 characters; it was a number.',
      'password',
    ],
    [
      'signIn',
      { name: 'ada', password: 's3cret'.repeat(200) },
      'password must be text of at most 1024 characters; it has 1200.',
      'password',
    ],
    ['annotate', { title: 'x', at: true }, 'at must be a time as ISO 8601 or epoch seconds; it was true.', 'at'],
    ['changeSchedule', {}, 'The body: nothing is to be changed.', 'body'],
    ['createSchedule', { dryRun: 'yes' }, 'title is missing; it must be a text.', 'title'],
  ])('%s %j', (name, value, message, field) => {
    expect(body(name, value)).toEqual([message, field]);
  });

  it('the kinds of a target are named', () => {
    const [message, field] = body('previewAction', { ...preview, target: { kind: 'table' } });
    expect(message).toMatch(/^target\.kind must be one of backend, backends, relation, .*; it was “table”\.$/);
    expect(field).toBe('target.kind');
  });
});

/** Values of which each is wrong somewhere: what people mistype, and what programs send by mistake. */
const oddTexts = ['', 'x', '-1', '1.5', '99999999999999', 'NaN', 'é'.repeat(5000)];
const odd = [...oddTexts, null, true, -1, 0, 1.5, 1e300, [], [null], {}, { nosuch: 1 }];

type Schema = {
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  const?: unknown;
  $ref?: string;
  $defs?: Record<string, Schema>;
};

/** Objects with each of the odd values at each of the places that a shape has. */
function wrongOnes(shape: z.ZodType, values: unknown[]): unknown[] {
  const root = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as Schema;
  const within = (schema: Schema, deep: number): unknown[] => {
    if (deep > 5) return [];
    const name = schema.$ref?.slice(schema.$ref.lastIndexOf('/') + 1);
    if (name) return within(root.$defs?.[name] ?? {}, deep);
    const variants = schema.anyOf ?? schema.oneOf;
    if (variants) return variants.flatMap((variant) => within(variant, deep));
    const entries = Object.entries(schema.properties ?? {});
    // What tells a shape from others has to be right for the rest to be looked at.
    const fixed = Object.fromEntries(
      entries.flatMap(([key, { const: value }]) => (value === undefined ? [] : [[key, value]])),
    );
    const inside = entries.flatMap(([key, each]) =>
      [...values, ...within(each, deep + 1)].map((value) => ({ ...fixed, [key]: value })),
    );
    const listed = schema.items ? within(schema.items, deep + 1).map((value) => [value]) : [];
    return [...inside, ...listed, { ...fixed, nosuch: '1' }];
  };
  return [...within(root, 0), ...(values.includes(null) ? [...values, undefined] : [])];
}

const shapes: { of: string; shape: z.ZodType; part: Part; values: unknown[] }[] = [
  ...Object.entries<AnyContract>(contracts).flatMap(([of, { query, body }]) => [
    ...(query && query !== unreadQuery
      ? [
          {
            of: `query of ${of}`,
            shape: query,
            part: { path: [], field: 'query', known: 'parameter' } as Part,
            values: oddTexts,
          },
        ]
      : []),
    ...(body
      ? [{ of: `body of ${of}`, shape: body, part: { path: [], field: 'body', known: 'field' } as Part, values: odd }]
      : []),
  ]),
  ...(Object.values(topics) as AnyTopic[]).flatMap(({ id, params }) =>
    params
      ? [
          {
            of: `parameters of ${id}`,
            shape: params.strict() as z.ZodType,
            part: { path: [], field: 'query', known: 'parameter' } as Part,
            values: oddTexts,
          },
        ]
      : [],
  ),
  ...Object.values(actions).map(({ id, options }) => ({
    of: `options of ${id}`,
    shape: options as z.ZodType,
    part: { path: ['options'], field: 'options', known: 'field' } as Part,
    values: odd,
  })),
];

describe('no raw word of zod is told', () => {
  // Fails where a shape has a kind of check that nobody found words for.
  it.each(shapes)('$of', ({ shape, part, values }) => {
    let seen = 0;
    for (const value of wrongOnes(shape, values))
      for (const issue of shape.safeParse(value, withoutWords).error?.issues ?? []) {
        seen++;
        const { field, message } = wrongOf(new z.ZodError([issue]), shape, value, part);
        const where = `${JSON.stringify(value)?.slice(0, 200)} ${JSON.stringify(issue).slice(0, 200)}: ${message}`;
        expect(field, where).not.toBe('');
        expect(message, where).toMatch(/^\S.*[^.]\.$/u);
        expect(message, where).toContain(field === part.field ? '' : field);
        expect(message.replace(/“[^”]*”/gu, ''), where).not.toMatch(
          /Invalid|Too (big|small)|expected|received|Unrecognized|NaN|undefined|\[object|something else|must be ;|\.\.$/,
        );
        expect(message.length, where).toBeLessThan(1500);
      }
    expect(seen).toBeGreaterThan(0);
  });
});
