import type { Schema, Schemas } from './schema';

/** A parameter of an operation. */
export type Parameter = {
  name: string;
  in: 'path' | 'query';
  required?: boolean;
  description?: string;
  schema: Schema;
};

type Media = { schema?: Schema };

/** One answer of an operation. */
export type Answer = { status: string; what: string; schema: Schema | undefined; media: string[]; headers: string[] };

type RawAnswer = {
  $ref?: string;
  description?: string;
  content?: Record<string, Media>;
  headers?: Record<string, unknown>;
};

type RawOperation = {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, RawAnswer>;
  'x-role': string;
};

/** The document of `GET /api/openapi.json` as far as the page reads it. */
export type ApiDocument = {
  info: { version: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Schemas; responses: Record<string, RawAnswer> };
};

/** One operation, ready to be shown. */
export type Operation = {
  id: string;
  area: string;
  method: string;
  path: string;
  title: string;
  summary: string;
  role: string;
  parameters: Parameter[];
  body: Schema | undefined;
  answers: Answer[];
  failures: Answer[];
};

/** Every operation of a document, in its order. */
export function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => {
      const answers = Object.entries(raw.responses).map(([status, answer]) => answerOf(document, status, answer));
      return {
        id: raw.operationId,
        area: raw.tags[0] ?? '',
        method: method.toUpperCase(),
        path,
        title: raw.summary,
        summary: raw.description,
        role: raw['x-role'],
        parameters: raw.parameters ?? [],
        body: raw.requestBody?.content['application/json']?.schema,
        answers: answers.filter(({ status }) => Number(status) < 400),
        failures: answers.filter(({ status }) => Number(status) >= 400),
      };
    }),
  );
}

function answerOf(document: ApiDocument, status: string, raw: RawAnswer): Answer {
  const name = raw.$ref?.slice(raw.$ref.lastIndexOf('/') + 1);
  const { description = '', content = {}, headers = {} } = (name && document.components.responses[name]) || raw;
  return {
    status,
    what: description,
    schema: content['application/json']?.schema,
    media: Object.keys(content).filter((type) => type !== 'application/json'),
    headers: Object.keys(headers),
  };
}

/** Whether an operation has all words of a search in its path, title, summary, parameters or what those can be. */
export function matches({ method, path, title, summary, parameters, role }: Operation, search: string): boolean {
  const named = parameters.flatMap(({ name, schema }) => [name, ...(schema.enum ?? [])]);
  const text = [method, path, title, summary, role, ...named].join(' ').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
