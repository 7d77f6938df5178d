import { z } from 'zod';
import { roles } from '@/lib/config-access';

/** What the file of PGDECK_CONFIG may say. Meanings and examples are those of the schema that editors read. */

const taken = ['api', 'embed', 'metrics'];
const who = 'a list of groups, user:NAME or *, such as ["dba", "user:ann"]';
const inDatabases = 'a list of databases, such as ["shop"]; leave it out for all';

const text = (most: number) => z.string().min(1).max(most);
const whole = (most: number) => z.number().int().min(1).max(most);

const address = (of: string, example: string) =>
  text(4096).meta({
    description: `${of} Special characters in user and password are percent-encoded. With a password in it nobody else may read the file.`,
    examples: [example],
  });
const variable = (key: string, example: string) =>
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, `this is no name of a variable; give one such as ${example}`)
    .meta({
      description: `The variable of the environment (or of .env) that holds what ${key} would say, read when pgdeck starts.`,
      examples: [example],
    });

const applicationShape = z
  .strictObject({
    name: text(100).meta({ description: 'What pages call the application.', examples: ['web'] }),
    match: z
      .strictObject({
        application_name: text(256)
          .meta({ description: 'Their application_name.', examples: ['shop-web'] })
          .optional(),
        usename: text(256)
          .meta({ description: 'The role that they sign in as.', examples: ['shop'] })
          .optional(),
        datname: text(256)
          .meta({ description: 'The database that they are in.', examples: ['shop'] })
          .optional(),
      })
      .refine((match) => Object.keys(match).length > 0, 'say application_name, usename or datname of its sessions')
      .meta({
        description: 'By which its sessions are told from others; all that is given has to fit.',
        examples: [{ application_name: 'shop-web' }],
        minProperties: 1,
      }),
    poolMax: whole(100_000).meta({
      description: 'Connections that the pool of one instance opens at most.',
      examples: [20],
    }),
    instances: whole(100_000)
      .meta({ description: 'How many instances run; left out: as many as are seen.', examples: [4] })
      .optional(),
  })
  .meta({
    description: 'An application with a connection pool of its own.',
    examples: [{ name: 'web', match: { application_name: 'shop-web' }, poolMax: 20, instances: 4 }],
  });

const ruleShape = z
  .strictObject({
    who: z
      .array(
        z
          .string(who)
          .min(1, who)
          .max(256, who)
          .regex(/^(?!user:$)/, who),
        who,
      )
      .min(1, who)
      .meta({
        description: 'Groups of the provider or proxy, user:NAME, or * for everybody.',
        examples: [['dba', 'user:ann']],
      }),
    role: z.enum(roles).meta({
      description: 'What they may do here at most, and never more than their own role.',
      examples: ['viewer'],
    }),
    databases: z
      .array(z.string(inDatabases).min(1, inDatabases).max(256, inDatabases), inDatabases)
      .min(1, inDatabases)
      .meta({ description: 'The databases that this is about; left out: all.', examples: [['orders', 'invoices']] })
      .optional(),
  })
  .meta({ description: 'What some people may do.', examples: [{ who: ['dba'], role: 'admin' }] });

/** Keys of which one names a variable that holds what the other would say. */
export const addressKeys = ['url', 'actionUrl', 'pgbouncerUrl'] as const;

/** One server of the file. */
export const serverShape = z
  .strictObject({
    id: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9_-]{0,62}$/,
        'an id is 1 to 63 lower-case letters, digits, - or _, and begins with a letter or digit',
      )
      .refine((id) => !taken.includes(id), 'this id is taken by pgdeck itself; choose another')
      .meta({
        description: 'Stands in addresses, in the history and in the audit: another id is another server.',
        examples: ['shop'],
        not: { enum: taken },
      }),
    name: text(100)
      .meta({ description: 'What pages call it; left out: its id.', examples: ['Shop, primary'] })
      .optional(),
    url: address('Where pgdeck reads, and as whom.', 'postgres://pgdeck_read@db.example.com:5432/shop').optional(),
    urlEnv: variable('url', 'SHOP_URL').optional(),
    actionUrl: address(
      'The same server with the role that actions run as; left out: url.',
      'postgres://pgdeck_action@db.example.com:5432/shop',
    ).optional(),
    actionUrlEnv: variable('actionUrl', 'SHOP_ACTION_URL').optional(),
    environment: text(50)
      .meta({
        description: 'What it is; production and prod ask more before an action.',
        examples: ['production', 'staging'],
      })
      .optional(),
    tags: z
      .array(text(50).meta({ examples: ['eu'] }))
      .max(20)
      .meta({ description: 'Words of yours, shown with the server.', examples: [['eu', 'shop']] })
      .optional(),
    pgbouncerUrl: address(
      'The admin console of the PgBouncer in front of it.',
      'postgres://pgdeck@db.example.com:6432/pgbouncer',
    ).optional(),
    pgbouncerUrlEnv: variable('pgbouncerUrl', 'SHOP_PGBOUNCER_URL').optional(),
    cpus: whole(4096)
      .meta({ description: "Processors of the server's machine, which SQL cannot tell.", examples: [8] })
      .optional(),
    spindles: whole(4096)
      .meta({ description: 'Disks of that machine that seek on their own, for the size of pools.', examples: [2] })
      .optional(),
    applications: z
      .array(applicationShape)
      .max(200)
      .meta({
        description: 'The applications with connection pools of their own, for the page Pools.',
        examples: [[{ name: 'web', match: { application_name: 'shop-web' }, poolMax: 20, instances: 4 }]],
      })
      .optional(),
    access: z
      .array(ruleShape)
      .meta({
        description: 'Who sees this server and may do what there; left out: everybody who may come in, by their role.',
        examples: [[{ who: ['dba'], role: 'admin' }]],
      })
      .optional(),
  })
  .meta({
    description: 'One server to watch.',
    examples: [{ id: 'shop', urlEnv: 'SHOP_URL' }],
    oneOf: [{ required: ['url'] }, { required: ['urlEnv'] }],
    allOf: addressKeys.slice(1).map((key) => ({ not: { required: [key, `${key}Env`] } })),
  });

/** The whole file. */
export const fileShape = z
  .strictObject({
    $schema: z
      .string()
      .meta({ description: 'Where an editor finds this description; pgdeck does not look at it.' })
      .optional(),
    servers: z
      .array(serverShape)
      .min(1, 'name at least one server')
      .max(1000)
      .meta({ description: 'The servers to watch.', examples: [[{ id: 'shop', urlEnv: 'SHOP_URL' }]] }),
  })
  .meta({ title: 'pgdeck.config.json', description: 'The servers that pgdeck watches (PGDECK_CONFIG).' });

/** One server as the file says it. */
export type ServerInFile = z.infer<typeof serverShape>;

/** A JSON schema, as far as it is looked at here. */
export type JsonSchema = {
  type?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  description?: string;
  examples?: unknown[];
};

/** The file's shape for editors, in JSON Schema (draft 2020-12). */
export function fileSchema(): JsonSchema {
  return z.toJSONSchema(fileShape, { io: 'input' }) as JsonSchema;
}
