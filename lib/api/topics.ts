import { z } from 'zod';
import { unreadQuery } from '@/lib/access/input';
import { exactMoment } from '@/lib/access/moment';
import { findTopic, topics } from '@/lib/topics/index';
import type { AnyTopic } from '@/lib/topics/topic';
import { defineContract } from './contract';
import { databaseName, flag, ofServer, unavailableReason } from './parts';

const partial = z
  .strictObject({
    reason: unavailableReason,
    object: z.string(),
    blockedBy: z.array(z.int()).describe('Pids of the sessions that stood in the way.'),
    hint: z.string(),
    fixSql: z.string().optional(),
  })
  .meta({ id: 'Partial', description: 'What an answer had to leave out, and why.' });

/** `index-usage` as `IndexUsage`. */
const pascal = (id: string) => id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A row of a topic as readers get it: with the rates of its counters, and texts of statements null for who may not see them. */
function rowShape(topic: AnyTopic): z.ZodObject {
  const columns = Object.entries(topic.row.shape as Record<string, z.ZodType>).map(([name, column]) => {
    const meta = column.meta() as { meaning?: string; unit?: string; statement?: true } | undefined;
    const isHidden = meta?.statement && !column.safeParse(null).success;
    return [name, isHidden ? column.nullable().meta(meta) : column] as const;
  });
  const rates = (topic.counters ?? []).map((name) => [
    `${name}_per_second`,
    z.number().nullable().describe(`${name} per second; null: not known yet, or counted anew.`),
  ]);
  return z
    .strictObject(Object.fromEntries([...columns, ...rates]))
    .meta({ id: `${pascal(topic.id)}Row`, description: topic.summary });
}

const past = {
  at: z.string().optional().describe('Only where a moment was asked for: that moment, ISO 8601.'),
  distanceSeconds: z.number().optional().describe('How far from that moment the rows are.'),
};

/** The answer of one topic: its rows, or why there are none. */
function answerShape(topic: AnyTopic) {
  const rows = z.array(rowShape(topic));
  const envelope = {
    topic: z.literal(topic.id),
    server: z.string(),
    database: z.string().nullable().describe('Null: it is about the whole server.'),
    ...past,
  };
  const sampled = {
    sampledAt: z.string().describe('ISO 8601.'),
    ageSeconds: z.number(),
    rows,
  };
  const ok = z.strictObject({
    ...envelope,
    status: z.literal('ok'),
    ...sampled,
    windowSeconds: z
      .number()
      .nullable()
      .describe('Seconds between this sample and the one before, over which rates are taken; null at the first.'),
    partial: z.array(partial).optional(),
  });
  const unavailable = z.strictObject({
    ...envelope,
    status: z.literal('unavailable'),
    reason: unavailableReason,
    hint: z.string().describe('What to do about it.'),
    fixSql: z.string().optional(),
    sqlstate: z.string().optional(),
    retryInSeconds: z.number().optional().describe('Seconds until it is tried again by itself.'),
    last: z.strictObject(sampled).optional().describe('The last rows, where there were any.'),
  });
  return z
    .discriminatedUnion('status', [ok, unavailable])
    .meta({ id: `${pascal(topic.id)}Answer`, description: `${topic.title}: ${topic.summary}` });
}

const answers = (Object.values(topics) as AnyTopic[]).map(answerShape);

/** A topic's words, SQL and columns: what `describe=1` gives. */
export const description = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    summary: z.string(),
    scope: z.enum(['server', 'database']),
    sources: z.array(z.string()).describe('The views and functions that the figures come from.'),
    cadenceSeconds: z.number(),
    currentCadenceSeconds: z.number().describe('How often it is asked now.'),
    sql: z
      .string()
      .nullable()
      .describe("Null where the rows are pgdeck's own figures, or this server cannot be asked."),
    columns: z.record(z.string(), z.strictObject({ meaning: z.string(), unit: z.string().nullable() })),
  })
  .meta({ id: 'TopicDescription', description: "A topic's words, SQL and columns." });

/** What a topic is asked with: texts, or what they were read as. */
export type TopicQuery = { [name: string]: string | number | undefined; database?: string | undefined };

const everyTopicTakes = {
  database: databaseName
    .optional()
    .describe(
      "For topics of one database, missing: the one of the server's address; of the whole server: only the rows of that database.",
    ),
  at: z
    .union([z.number().positive(), exactMoment], 'must be a time as ISO 8601 or epoch seconds')
    .optional()
    .meta({ description: 'A moment of the past: ISO 8601 or epoch seconds.', override: { type: 'string' } }),
  fresh: flag.optional().describe('1: asks the server now. For operators, once in 5 s and topic.'),
  describe: flag
    .optional()
    .describe("1: the topic's words, SQL and columns in place of its rows; goes without `at` and `fresh`."),
};

const queries = new WeakMap<AnyTopic, z.ZodObject<typeof everyTopicTakes>>();

/** What a topic is asked with: it takes no other parameters than its own. What it was read as is taken, too. */
export function topicQuery(topic: AnyTopic): z.ZodObject<typeof everyTopicTakes> {
  let shape = queries.get(topic);
  if (!shape) {
    shape = z
      .strictObject({ ...everyTopicTakes, ...topic.params?.shape })
      .refine(({ at, fresh, describe }) => describe !== '1' || (at === undefined && fresh !== '1'), {
        path: ['describe'],
        message: 'tells of no rows; leave out at and fresh',
      });
    queries.set(topic, shape);
  }
  return shape;
}

/** A parameter of a topic's own, as a JSON schema. */
type Own = {
  type?: 'string' | 'integer' | 'number';
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  default?: unknown;
};

/** What topics take beside the envelope's parameters; each checks its own. */
function ownParameters(): Record<string, z.ZodType> {
  const found: Record<string, { id: string; meaning: string; own: Own }[]> = {};
  for (const { id, params } of Object.values(topics) as AnyTopic[])
    for (const [name, shape] of Object.entries<z.ZodType>(params?.shape ?? {})) {
      const schema = z.toJSONSchema(shape, { io: 'input' }) as Own & { meaning?: string; $schema?: string };
      const { meaning = '', $schema: _, ...own } = schema;
      found[name] ??= [];
      found[name].push({ id, meaning, own });
    }
  return Object.fromEntries(
    Object.entries(found).map(([name, takers]) => {
      const [first, ...others] = takers;
      const words = takers.map(
        ({ id, meaning, own }) => `${id}${others.length > 0 ? rangeWords(own) : ''}: ${meaning}`,
      );
      const isSame = others.every(({ own }) => own.type === first?.own.type);
      // Of several each has limits of its own, which stand in the words.
      const override = others.length === 0 ? first?.own : isSame ? { type: first?.own.type } : {};
      return [
        name,
        z
          .string()
          .optional()
          .meta({ description: `Only ${words.join(' ')}`, override }),
      ];
    }),
  );
}

function rangeWords({ minimum, maximum, default: preset }: Own): string {
  const range = minimum === undefined ? [] : [maximum === undefined ? `from ${minimum}` : `${minimum} to ${maximum}`];
  const words = [...range, ...(preset === undefined ? [] : [`${preset} where missing`])];
  return words.length > 0 ? ` (${words.join(', ')})` : '';
}

/** `GET /api/servers/:server/:topic`: the topic's answer; with `?describe=1` its words, SQL and columns. */
export const topic = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/{topic}',
  title: 'One topic',
  summary:
    "A topic's rows, as they were sampled last or at a moment of the past. Not being able to tell is an answer too: `unavailable`, with the reason and what to do.",
  role: 'viewer',
  databases: 'filtered',
  params: ofServer.extend({
    topic: z.string().meta({ description: 'The id of a topic.', override: { enum: Object.keys(topics) } }),
  }),
  query: z.strictObject({ ...everyTopicTakes, ...ownParameters() }) as z.ZodType as z.ZodType<TopicQuery>,
  // Of a topic that is not there nothing is read: 404 says so.
  queryOf: ({ topic: id }) => {
    const asked = findTopic(id);
    return (asked ? topicQuery(asked) : unreadQuery) as z.ZodType as z.ZodType<TopicQuery>;
  },
  answers: {
    200: {
      what: 'The answer, or the description.',
      json: z.union([z.discriminatedUnion('topic', answers as [(typeof answers)[number]]), description]),
      headers: { ETag: 'Stands for the rows; rows of now have one.', 'X-Age-Seconds': 'How old they are.' },
    },
    304: {
      what: 'The rows that If-None-Match names are still the ones; X-Age-Seconds tells their age.',
      headers: { ETag: 'Stands for the rows.', 'X-Age-Seconds': 'How old they are.' },
    },
  },
});
