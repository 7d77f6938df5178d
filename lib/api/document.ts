import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { areaOf, areas } from './areas';
import type { AnyContract, Reply } from './contract';
import { commonFailures, failuresOf } from './failures';
import { contracts } from './index';
import { failure } from './parts';

/** What of a document hangs on this pgdeck. */
export type Place = {
  version: string;
  /** The address below which the paths are, or its path alone. */
  url: string;
  /** The name of the session's cookie. */
  cookie: string;
  /** Nobody has to sign in. */
  open: boolean;
};

type Parameter = { description?: string; schema?: { description?: string } };

/** Headers of every answer. */
const headers = {
  'X-Request-Id': { description: "Names this request; in pgdeck's log, too.", schema: { type: 'string' } },
  'X-Process-Time': { description: 'Milliseconds until it was answered.', schema: { type: 'number' } },
  'X-Query-Count': { description: 'Statements that were sent to PostgreSQL for it.', schema: { type: 'integer' } },
  'X-Query-Time': { description: 'Milliseconds that they took.', schema: { type: 'number' } },
  'Server-Timing': { description: 'The same for developer tools: app and db.', schema: { type: 'string' } },
} as const;

const description = `Everything that pgdeck's pages show and do. A parameter that is not listed is refused with 400; a topic takes only those that are said to be its own. A failure is always \`{ error: { code, message, requestId, field? } }\`.
Each role may also do what the ones before it may: viewer, operator, admin; \`x-role\` of an operation is the least that it needs (\`open\`: nobody has to be recognised), \`x-unit\` the unit of a figure.
A watched server that cannot be asked is an answer with status 200 and \`"status": "unavailable"\`. HEAD is taken where GET is; other methods are answered with 405, and another Host than pgdeck's own with 421.`;

/** The description of every route as OpenAPI 3.1. */
export function openApiDocument({ version, url, cookie, open }: Place) {
  const security = [{ session: [] }, { token: [] }, ...(open ? [{}] : [])];
  const paths: ZodOpenApiPathsObject = {};
  for (const [name, contract] of Object.entries<AnyContract>(contracts)) {
    paths[contract.path] ??= {};
    Object.assign(paths[contract.path] as object, {
      [contract.method.toLowerCase()]: {
        ...operation(name, contract),
        security: contract.role === 'open' ? [] : security,
      },
    });
  }
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'pgdeck', version, description },
      servers: [{ url }],
      tags: areas.map((area) => ({ name: area.name, description: area.description })),
      paths,
      components: {
        schemas: { Failure: failure },
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: cookie,
            description: 'The session of a browser that signed in.',
          },
          token: { type: 'http', scheme: 'bearer', description: 'A token for programs: `pgdeck token create`.' },
        },
      },
    },
    { override: ({ jsonSchema }) => asDocumented(jsonSchema) },
  );
  const responses = Object.fromEntries(Object.entries(commonFailures).map(([status, what]) => [status, failed(what)]));
  // It is said beside the name already.
  for (const path of Object.values(document.paths ?? {}))
    for (const { parameters = [] } of Object.values(path as Record<string, { parameters?: Parameter[] }>))
      for (const parameter of parameters) {
        // Said once, beside the name.
        parameter.description ??= parameter.schema?.description;
        delete parameter.schema?.description;
      }
  return { ...document, components: { ...document.components, headers, responses } };
}

function operation(name: string, contract: AnyContract): ZodOpenApiOperationObject {
  const { path, title, summary, role, params, query, body, answers } = contract;
  const replies = Object.entries<Reply>(answers).map(([status, answer]) => [status, response(answer)]);
  const common = Object.keys(failuresOf(contract)).map((status) => [
    status,
    { $ref: `#/components/responses/${status}` },
  ]);
  const own = Object.entries(contract.failures ?? {}).map(([status, what]) => [status, failed(what)]);
  return {
    operationId: name,
    tags: [areaOf(path).name],
    summary: title,
    description: summary,
    requestParams: { ...(params && { path: params }), ...(query && { query }) } as never,
    ...(body && {
      requestBody: { required: !body.safeParse(undefined).success, content: { 'application/json': { schema: body } } },
    }),
    responses: Object.fromEntries([...replies, ...common, ...own]),
    'x-role': role,
  };
}

/** A failure, with what it means. */
const failed = (what: string) => ({
  description: what,
  headers: everywhere,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
});

const everywhere = Object.fromEntries(
  Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` as const }]),
);

function response({ what, json, media = [], headers: own = {} }: Reply) {
  const content = [
    ...(json ? [['application/json', { schema: json }]] : []),
    ...media.map((type) => [type, { schema: z.string() }]),
  ];
  return {
    description: what,
    headers: {
      ...everywhere,
      ...Object.fromEntries(
        Object.entries(own).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
      ),
    },
    ...(content.length > 0 && { content: Object.fromEntries(content) }),
  };
}

/** Columns of topics say what they mean in words of their own. */
function asDocumented(schema: Record<string, unknown>): void {
  const { meaning, unit } = schema;
  if (typeof meaning === 'string') schema.description = meaning;
  if (typeof unit === 'string') schema['x-unit'] = unit;
  for (const own of ['meaning', 'unit', 'statement']) delete schema[own];
  // What JSON can hold exactly is no limit of ours.
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
