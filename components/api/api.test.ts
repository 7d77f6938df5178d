import { describe, expect, it } from 'vitest';
import { openApiDocument } from '@/lib/api/document';
import { curlOf, pathWith, presetsOf } from './command';
import { type ApiDocument, matches, type Operation, operationsOf } from './document';
import { exampleOf, fieldsOf, limitWords, placeholderOf, type Schema, typeWords } from './schema';

const document = openApiDocument({ version: '1', url: '/', cookie: 'c', open: false }) as unknown as ApiDocument;
const { schemas } = document.components;
const operations = operationsOf(document);
const operation = (id: string) => operations.find((each) => each.id === id) as Operation;

describe('operations', () => {
  it('are all there, with answers and failures apart', () => {
    expect(operations.length).toBeGreaterThan(40);
    const { answers, failures, role, method } = operation('executeAction');
    expect(answers.map(({ status }) => status)).toEqual(['200', '202']);
    expect(failures.find(({ status }) => status === '410')?.what).toContain('preview_used');
    expect(failures.find(({ status }) => status === '429')?.what).toContain('busy');
    expect([role, method]).toEqual(['operator', 'POST']);
  });

  it('are found by all words of a search', () => {
    const found = (search: string) => operations.filter((each) => matches(each, search)).map(({ id }) => id);
    expect(found('approve')).toEqual(['approveRun']);
    expect(found('patch schedule')).toEqual(['changeSchedule']);
    expect(found('min_mean_ms')).toEqual(['topic']);
    expect(found('index-usage')).toContain('topic');
    expect(found('')).toHaveLength(operations.length);
    expect(found('no such words')).toEqual([]);
  });
});

describe('a shape', () => {
  it('is told in words', () => {
    const told = (schema: Schema) => typeWords(schema);
    expect(told({ type: ['string', 'null'] })).toBe('string or null');
    expect(told({ type: 'array', items: { $ref: '#/components/schemas/Run' } })).toBe('list of Run');
    expect(told({ type: 'object', additionalProperties: { type: 'number' } })).toBe('map of number');
    expect(told({ enum: ['a', 'b'] })).toBe('"a" or "b"');
    expect(told({ anyOf: [{ $ref: '#/components/schemas/Role' }, { type: 'null' }] })).toBe('Role or null');
    expect(told({ oneOf: Array(5).fill({ type: 'object' }) })).toBe('one of 5 shapes');
    expect(limitWords({ minimum: 1, maximum: 9, default: 5 })).toBe('1 to 9, 5 where missing');
    expect(limitWords({ type: 'string' })).toBeUndefined();
  });

  it('has its fields with meaning and unit, those of what it lists, and the shapes that it can be', () => {
    const fields = fieldsOf({ $ref: '#/components/schemas/SessionsRow' }, schemas);
    expect(fields.find(({ name }) => name === 'xact_seconds')).toMatchObject({
      type: 'number or null',
      unit: 'seconds',
      optional: false,
      meaning: 'Age of its open transaction; null: none is open.',
    });
    const answer = operation('topic').answers[0]?.schema as Schema;
    const variants = fieldsOf(answer, schemas);
    expect(variants.map(({ name }) => name)).toEqual(expect.arrayContaining(['SessionsAnswer', 'TopicDescription']));
    const [sessions] = fieldsOf({ $ref: '#/components/schemas/SessionsAnswer' }, schemas);
    expect(sessions?.name).toBe('status: "ok"');
    expect(fieldsOf({ type: 'string' }, schemas)).toEqual([]);
  });

  it('of a parameter tells in its empty field what is taken there', () => {
    const told = (id: string) =>
      Object.fromEntries(operation(id).parameters.map(({ name, schema }) => [name, placeholderOf(schema)]));
    expect(told('audit')).toMatchObject({ limit: '100', before: 'at least 1', user: 'string' });
    expect(told('series')).toMatchObject({ oid: '1 to 4294967295', format: 'json' });
    expect(told('topic')).toMatchObject({ limit: 'integer', min_mean_ms: '100', database: 'string' });
    const { description } = operation('topic').parameters.find(({ name }) => name === 'limit') ?? {};
    expect(description).toContain('slow-queries (1 to 200, 20 where missing): At most this many, by total time.');
  });

  // Fails where a backtick has no other: all that follows would be set as code, and the backtick be seen.
  it('names stand between two backticks each', () => {
    const texts = [
      ...JSON.stringify(document).matchAll(/"(?:description|summary|title)":"((?:[^"\\\\]|\\\\.)*)"/g),
    ].map(([, text]) => text);
    expect(texts.length).toBeGreaterThan(300);
    expect(texts.filter((text = '') => text.split('`').length % 2 === 0)).toEqual([]);
  });

  it('that goes round in itself ends', () => {
    const round = { Round: { type: 'object', required: ['in'], properties: { in: { $ref: '#/x/Round' } } } };
    expect(JSON.stringify(exampleOf({ $ref: '#/x/Round' }, round)).length).toBeLessThan(200);
  });
});

describe('a command line', () => {
  const address = 'https://pgdeck.example.com/tools';
  it('asks what this page is about, with a token where people sign in', () => {
    const topic = operation('topic');
    const values = { ...presetsOf(topic, 'shop'), at: '2026-11-21T03:12:00Z' };
    expect(curlOf(topic, values, { address, token: true, schemas })).toBe(
      `curl -s -H "Authorization: Bearer $PGDECK_TOKEN" '${address}/api/servers/shop/sessions?at=2026-11-21T03%3A12%3A00Z'`,
    );
    expect(curlOf(topic, presetsOf(topic, 'shop'), { address, token: false, schemas })).toBe(
      `curl -s '${address}/api/servers/shop/sessions'`,
    );
    expect(curlOf(operation('health'), {}, { address, token: true, schemas })).toBe(`curl -s '${address}/api/health'`);
  });

  it('names where it comes from where no token says who asks, and has a body with what has to be there', () => {
    const execute = operation('executeAction');
    const line = curlOf(execute, presetsOf(execute, 'shop'), { address, token: false, schemas });
    expect(line).toContain(`-X POST -H 'Origin: https://pgdeck.example.com' -H 'Content-Type: application/json'`);
    expect(line).toContain(`-d '{"previewId":"…","idempotencyKey":"…"}'`);
  });

  it('is one line of a shell, whatever was typed', () => {
    const topic = operation('topic');
    const line = curlOf(topic, { server: "a'; rm -rf ~ #", topic: 'x y' }, { address, token: false, schemas });
    expect(line).toBe(`curl -s '${address}/api/servers/a'\\''%3B%20rm%20-rf%20~%20%23/x%20y'`);
  });

  it('says what is missing', () => {
    expect(pathWith(operation('oneRun'), {})).toBe('/api/runs/<run>');
    expect(pathWith(operation('compare'), { server: 'shop', a: '1,2' })).toBe(
      '/api/servers/shop/compare?a=1%2C2&b=<b>',
    );
  });
});
