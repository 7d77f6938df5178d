import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { readFile } from './config-file';
import { fileSchema, fileShape, type JsonSchema } from './config-file-shape';

const root = resolve(import.meta.dirname, '..');

// `npx vitest run --project unit lib/config-file-schema.test.ts -u` writes it anew after a change of the shape.
test('the published schema is the one of the shape', async () => {
  const file = join(root, 'public', 'pgdeck.config.schema.json');
  await expect(`${JSON.stringify(fileSchema(), null, 2)}\n`).toMatchFileSnapshot(file);
});

const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(fileSchema() as object);

const url = 'postgres://reader@db.example/shop';
const application = { name: 'web', match: { usename: 'shop' }, poolMax: 5 };

test.each([
  { servers: [] },
  { servers: [{ id: 'a' }] },
  { servers: [{ id: 'a', url, urlEnv: 'X' }] },
  { servers: [{ id: 'a', url, actionUrl: url, actionUrlEnv: 'X' }] },
  { servers: [{ id: 'api', url }] },
  { servers: [{ id: 'A', url }] },
  { servers: [{ id: 'a', url, urlenv: 'X' }] },
  { servers: [{ id: 'a', urlEnv: url }] },
  { servers: [{ id: 'a', url, cpus: '8' }] },
  { servers: [{ id: 'a', url, applications: [{ ...application, match: {} }] }] },
  { servers: [{ id: 'a', url, access: [{ who: ['user:'], role: 'admin' }] }] },
  { servers: [{ id: 'a', url, access: [{ who: ['dba'], role: 'owner' }] }] },
  [],
])('an editor refuses what pgdeck refuses: %j', (content) => {
  expect(validate(content)).toBe(false);
  const file = join(tmpdir(), `pgdeck-schema-${process.pid}.json`);
  writeFileSync(file, JSON.stringify(content));
  expect(() => readFile(file, {})).toThrow(/PGDECK_CONFIG/);
  rmSync(file);
});

/** The configurations that the manual shows: whole ones, and single servers. */
const shown = [...readFileSync(join(root, 'docs', 'connect.md'), 'utf8').matchAll(/^```json\n([\s\S]*?)^```$/gm)]
  .map(([, block = '']) => JSON.parse(block) as object)
  .map((block) => ('servers' in block ? block : { servers: [block] }));

test('the examples of the manual are taken, by editors and by pgdeck', () => {
  expect(shown.length).toBeGreaterThan(2);
  for (const content of shown) {
    validate(content);
    expect(validate.errors, JSON.stringify(content)).toBeNull();
    expect(fileShape.safeParse(content).error?.issues).toBeUndefined();
  }
});

test('each key tells what it means, and its examples fit', () => {
  const untold = (schema: JsonSchema, path: string): string[] => [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => [
      ...(inner.description === undefined ? [`${path}.${name}`] : []),
      ...untold(inner, `${path}.${name}`),
    ]),
    ...(schema.items ? untold(schema.items, `${path}[]`) : []),
  ];
  expect(untold(fileSchema(), '')).toEqual([]);
  const ajv = new Ajv2020({ strict: true, strictRequired: false });
  const fits = (schema: JsonSchema): void => {
    for (const example of schema.examples ?? [])
      expect(ajv.validate(schema as object, example), JSON.stringify(example)).toBe(true);
    for (const inner of [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])])
      fits(inner);
  };
  fits(fileSchema());
});
