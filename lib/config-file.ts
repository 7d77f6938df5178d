import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ServerConfig } from '@/lib/config';
import { roles } from '@/lib/config-access';
import { ConfigError, type Environment, setting } from '@/lib/config-early.mjs';
import { type Target, targetFromUrl } from '@/lib/postgres/target';

const identifier = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'an id is 1 to 63 lower-case letters, digits, - or _')
  .refine((id) => !['api', 'embed', 'metrics'].includes(id), 'this id is taken by pgdeck itself');
const whoWords = 'a list of groups, user:NAME or *, such as ["dba", "user:ann"]';
const inWords = 'a list of databases, such as ["shop"]; leave it out for all';
const serverShape = z.strictObject({
  id: identifier,
  name: z.string().min(1).max(100).optional(),
  url: z.string().min(1).optional(),
  urlEnv: z.string().min(1).optional(),
  actionUrl: z.string().min(1).optional(),
  actionUrlEnv: z.string().min(1).optional(),
  tags: z.array(z.string().min(1).max(50)).max(20).optional(),
  environment: z.string().min(1).max(50).optional(),
  pgbouncerUrl: z.string().min(1).optional(),
  pgbouncerUrlEnv: z.string().min(1).optional(),
  cpus: z.number().int().min(1).max(4096).optional(),
  spindles: z.number().int().min(1).max(4096).optional(),
  applications: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        match: z
          .strictObject({
            application_name: z.string().min(1).max(256).optional(),
            usename: z.string().min(1).max(256).optional(),
            datname: z.string().min(1).max(256).optional(),
          })
          .refine((match) => Object.keys(match).length > 0, 'say application_name, usename or datname of its sessions'),
        poolMax: z.number().int().min(1).max(100_000),
        instances: z.number().int().min(1).max(100_000).optional(),
      }),
    )
    .max(200)
    .optional(),
  access: z
    .array(
      z.strictObject({
        who: z
          .array(
            z
              .string(whoWords)
              .min(1, whoWords)
              .max(256, whoWords)
              .regex(/^(?!user:$)/, whoWords),
            whoWords,
          )
          .min(1, whoWords),
        role: z.enum(roles, `choose one of ${roles.join(', ')}`),
        databases: z.array(z.string(inWords).min(1, inWords).max(256, inWords), inWords).min(1, inWords).optional(),
      }),
      'a list, such as [{ "who": ["dba"], "role": "admin" }]',
    )
    .optional(),
});
const fileShape = z.strictObject({ servers: z.array(serverShape).min(1, 'name at least one server') });

/** The servers of the file that PGDECK_CONFIG names; throws `ConfigError` with the place of what is wrong. */
export function readFile(file: string, env: Environment): ServerConfig[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not valid JSON' : 'cannot be read';
    throw new ConfigError(`PGDECK_CONFIG: the file ${file} ${why}.`);
  }
  const parsed = fileShape.safeParse(Array.isArray(content) ? { servers: content } : content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`PGDECK_CONFIG: ${issue?.path.join('.') || 'the file'}: ${issue && problemOf(issue)}`);
  }
  const seen = new Set<string>();
  return parsed.data.servers.map((server) => {
    if (seen.has(server.id)) throw new ConfigError(`PGDECK_CONFIG: two servers have the id ${server.id}.`);
    seen.add(server.id);
    const read = urlOf(server, 'url', env);
    if (!read) throw new ConfigError(`PGDECK_CONFIG: the server ${server.id} needs url or urlEnv.`);
    return {
      id: server.id,
      name: server.name ?? server.id,
      environment: server.environment,
      tags: server.tags ?? [],
      demo: false,
      read,
      action: urlOf(server, 'actionUrl', env) ?? read,
      cpus: server.cpus,
      spindles: server.spindles,
      pgbouncer: urlOf(server, 'pgbouncerUrl', env),
      applications: server.applications,
      access: server.access,
    };
  });
}

/** What is wrong, where the shape does not say it in words of its own. */
function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `${issue.keys.join(', ')} is not known here; docs/settings.md tells what is`;
  const own = !issue.message.startsWith('Invalid input');
  return own || issue.code !== 'invalid_type' ? issue.message : `this is no ${issue.expected}`;
}

function urlOf(
  server: z.infer<typeof serverShape>,
  key: 'url' | 'actionUrl' | 'pgbouncerUrl',
  env: Environment,
): Target | undefined {
  const variable = server[`${key}Env`];
  const place = `PGDECK_CONFIG: ${key} of ${server.id}`;
  if (variable === undefined) return server[key] === undefined ? undefined : targetFromUrl(place, server[key]);
  if (server[key] !== undefined) throw new ConfigError(`${place}: give ${key} or ${key}Env, not both.`);
  const value = setting(env, variable);
  if (value === undefined) throw new ConfigError(`${place}: the variable ${variable} is not set.`);
  return targetFromUrl(`${variable} (${place})`, value);
}
