import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { areas } from './areas';
import type { AnyContract } from './contract';
import { openApiDocument } from './document';
import { contracts } from './index';

const place = { version: '1.2.3', url: '/tools/pgdeck', cookie: 'pgdeck_s', open: false };
const document = openApiDocument(place);

type Operation = {
  operationId: string;
  description: string;
  summary: string;
  security: object[];
  'x-role': string;
  parameters?: { name: string; in: string; description?: string }[];
  responses: Record<string, { $ref?: string; description?: string; headers?: Record<string, unknown> }>;
};

const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({ path, method, operation })),
);

test('it is OpenAPI 3.1, and each reference leads somewhere', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document) as Record<string, unknown>);
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect(validator.version).toBe('3.1');
  expect(() => validator.resolveRefs()).not.toThrow();
});

// Fails when the validator sees nothing: then the test above would tell nothing.
test('a wrong document is seen', async () => {
  const { responses: _, ...without } = document.components;
  const validator = new Validator();
  await validator.validate(structuredClone({ ...document, components: without }) as Record<string, unknown>);
  expect(() => validator.resolveRefs()).toThrow();
  expect((await new Validator().validate({ ...document, info: {} } as Record<string, unknown>)).valid).toBe(false);
});

test('it has each route with its role, its parameters and what it means', () => {
  expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(Object.keys(contracts).sort());
  for (const [name, contract] of Object.entries<AnyContract>(contracts)) {
    const found = operations.find(({ operation }) => operation.operationId === name);
    expect([found?.path, found?.method.toUpperCase()]).toEqual([contract.path, contract.method]);
    expect(found?.operation['x-role']).toBe(contract.role);
    expect(found?.operation.summary).toBe(contract.title);
    expect(found?.operation.description, name).toMatch(/\.$/);
  }
});

test('each route is in one area, and each area has routes', () => {
  for (const { path } of operations)
    expect(
      areas.filter(({ paths }) => paths.test(path)),
      path,
    ).toHaveLength(1);
  for (const { name, paths } of areas)
    expect(
      operations.some(({ path }) => paths.test(path)),
      name,
    ).toBe(true);
});

test('each parameter says what it is for, beside its name only', () => {
  // What a portal's page or a provider sends is OpenID Connect's.
  const silent = operations.flatMap(({ operation }) =>
    (operation.parameters ?? [])
      .filter(({ description }) => !description)
      .map(({ name }) => `${operation.operationId} ${name}`),
  );
  expect(silent).toEqual([]);
});

test('each answer has the headers of all, and each failure the one shape', () => {
  const names = ['X-Request-Id', 'X-Process-Time', 'X-Query-Count', 'X-Query-Time', 'Server-Timing'];
  for (const { operation } of operations)
    for (const [status, given] of Object.entries(operation.responses)) {
      const response = given.$ref ? document.components.responses[status] : given;
      expect(Object.keys(response?.headers ?? {}), `${operation.operationId} ${status}`).toEqual(
        expect.arrayContaining(names),
      );
      if (Number(status) >= 400)
        expect(response, `${operation.operationId} ${status}`).toMatchObject({
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
        });
    }
});

test('what needs nobody is open, the rest takes a session or a token; where nobody signs in neither is needed', () => {
  const of = (open: boolean) => {
    const paths = openApiDocument({ ...place, open }).paths as Record<string, Record<string, Operation>>;
    return [paths['/api/health']?.get?.security, paths['/api/servers']?.get?.security];
  };
  expect(of(false)).toEqual([[], [{ session: [] }, { token: [] }]]);
  expect(of(true)).toEqual([[], [{ session: [] }, { token: [] }, {}]]);
  expect(document.servers).toEqual([{ url: '/tools/pgdeck' }]);
});

test('a row of a topic has its rates, the unit of each figure, and null where a text may be hidden', () => {
  const schemas = document.components.schemas as Record<
    string,
    { properties: Record<string, Record<string, unknown>> }
  >;
  const row = (name: string) => schemas[name]?.properties ?? {};
  expect(row('DatabasesRow').xact_commit_per_second).toMatchObject({ type: ['number', 'null'] });
  expect(row('SessionsRow').xact_seconds).toMatchObject({ 'x-unit': 'seconds' });
  expect(row('SlowQueriesRow').query).toMatchObject({ type: ['string', 'null'] });
  const text = JSON.stringify(document);
  expect(text).not.toMatch(/"meaning":"|"statement":true|9007199254740991/);
});

test('nothing that a body takes is documented as given back, nor the other way round', () => {
  const schemas = document.components.schemas as Record<string, { additionalProperties?: unknown }>;
  // A shape that differs between the two would be there twice.
  expect(Object.keys(schemas).filter((name) => name.endsWith('Output'))).toEqual([]);
});
