import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ServerConfig } from '@/lib/config';
import { ConfigError, ConfigErrors, type Environment, setting } from '@/lib/config-early.mjs';
import { addressKeys, fileSchema, fileShape, type ServerInFile, serverShape } from '@/lib/config-file-shape';
import { JsonProblem, type JsonText, readJsonText } from '@/lib/config-file-text';
import { type Found, type Problem, problemsOf } from '@/lib/config-file-words';
import { consoleFromUrl, type Target, targetFromUrl } from '@/lib/postgres/target';

/** The file of PGDECK_CONFIG is wrong: each problem with its place, none with a secret. */
export class ConfigFileError extends ConfigError {
  constructor(
    readonly file: string,
    readonly problems: string[],
  ) {
    const many = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`PGDECK_CONFIG: the file ${file} has ${many}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** What the file says, and what is worth a warning. */
export type ConfigFile = { servers: ServerConfig[]; warnings: string[] };

/** Reads the file that PGDECK_CONFIG names; throws `ConfigFileError` with all that is wrong in it. */
export function readFile(named: string, env: Environment): ConfigFile {
  const file = resolve(named);
  let json: JsonText;
  let mode: number;
  try {
    json = readJsonText(readFileSync(file, 'utf8'));
    mode = statSync(file).mode;
  } catch (error) {
    if (error instanceof JsonProblem)
      throw new ConfigFileError(file, [`line ${error.line}, column ${error.column}: ${error.message}`]);
    throw new ConfigFileError(file, [unreadable(error)]);
  }
  const read = readContent(json.value, env);
  const problems = [
    ...json.repeated.map(({ path, line, first }) => ({
      line,
      path,
      text: `this key stands here and in line ${first}, and only one of them would count; take one out.`,
    })),
    ...read.problems.map((problem) => ({ ...problem, line: json.lineOf(problem.path) })),
  ].sort((a, b) => a.line - b.line);
  if (problems.length > 0)
    throw new ConfigFileError(
      file,
      problems.map(({ path, line, text }) => `${path === '' ? '' : `${path} `}(line ${line}): ${text}`),
    );
  return { servers: read.servers, warnings: [...openWarning(file, mode, json.value), ...sameWarnings(read.servers)] };
}

function unreadable(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'it is not there; give its path.';
    case 'EISDIR':
      return 'this is a folder; give the path of a file in it.';
    case 'EACCES':
    case 'EPERM':
      return 'pgdeck may not read it; give the user that pgdeck runs as the right to.';
    default:
      return 'it cannot be read.';
  }
}

function readContent(content: unknown, env: Environment): { servers: ServerConfig[]; problems: Problem[] } {
  if (Array.isArray(content))
    return { servers: [], problems: [{ path: '', text: 'this is a list; write { "servers": [ … ] } around it.' }] };
  const parsed = fileShape.safeParse(content);
  const { problems, meant }: Found = parsed.success
    ? { problems: [], meant: new Set() }
    : problemsOf(parsed.error.issues, content, fileSchema());
  const list = (content as { servers?: unknown } | null)?.servers;
  const given: unknown[] = Array.isArray(list) ? list : [];
  const servers = given.map((one, index) => readServer(one, `servers[${index}]`, env, { problems, meant }));
  problems.push(...repeatedNames(given, 'servers', 'id'));
  return { servers, problems };
}

function readServer(given: unknown, path: string, env: Environment, { problems, meant }: Found): ServerConfig {
  const server = shapedOf(given);
  const [read, action, pgbouncer] = addressKeys.map((key) => {
    const inVariable = `${key}Env` as const;
    if (!isObject(given) || given[key] === undefined || given[inVariable] === undefined)
      return readAddress(server, key, path, env, problems);
    problems.push({ path: `${path}.${inVariable}`, text: `give ${key} or ${inVariable}, not both.` });
    return undefined;
  });
  if (isObject(given)) {
    const isMeant = meant.has(`${path}.url`) || meant.has(`${path}.urlEnv`);
    if (given.url === undefined && given.urlEnv === undefined && !isMeant)
      problems.push({ path, text: 'this server needs url, or urlEnv with the name of a variable that holds it.' });
    if (Array.isArray(given.applications))
      problems.push(...repeatedNames(given.applications, `${path}.applications`, 'name'));
  }
  const id = server.id ?? '';
  return {
    id,
    name: server.name ?? id,
    environment: server.environment,
    tags: server.tags ?? [],
    demo: false,
    read: read ?? nowhere,
    action: action ?? read ?? nowhere,
    cpus: server.cpus,
    spindles: server.spindles,
    pgbouncer,
    applications: server.applications,
    access: server.access,
  };
}

/** What has the right shape of a server: a wrong part does not hide what is wrong in others. */
function shapedOf(given: unknown): Partial<ServerInFile> {
  if (!isObject(given)) return {};
  const parts = Object.entries(serverShape.shape).flatMap(([key, shape]) => {
    const part = shape.safeParse(given[key]);
    return part.success ? [[key, part.data]] : [];
  });
  return Object.fromEntries(parts);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Stands where there is a problem instead. */
const nowhere: Target = { host: '', port: 0, database: '', user: '', password: undefined, tls: { mode: 'disable' } };

function readAddress(
  server: Partial<ServerInFile>,
  key: (typeof addressKeys)[number],
  path: string,
  env: Environment,
  problems: Problem[],
): Target | undefined {
  const variable = server[`${key}Env`];
  const place = `${path}.${variable === undefined ? key : `${key}Env`}`;
  const wrong = (text: string) => {
    problems.push({ path: place, text });
    return undefined;
  };
  const url = variable === undefined ? server[key] : setting(env, variable);
  if (url === undefined)
    return variable === undefined
      ? undefined
      : wrong(
          `the variable ${variable} is not set; set it in the environment or in .env and start pgdeck again, or give ${key}.`,
        );
  try {
    return (key === 'pgbouncerUrl' ? consoleFromUrl : targetFromUrl)(variable ?? key, url);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The place is said already.
    for (const { message } of error instanceof ConfigErrors ? error.all : [error])
      wrong(message.startsWith(`${key}: `) ? message.slice(key.length + 2) : message);
    return undefined;
  }
}

/** Names that two of a list have. */
function repeatedNames(list: unknown[], path: string, key: 'id' | 'name'): Problem[] {
  const seen = new Map<unknown, number>();
  return list.flatMap((one, index) => {
    const name = (one as Record<string, unknown> | null)?.[key];
    const before = seen.get(name);
    if (before === undefined) seen.set(name, index);
    return typeof name !== 'string' || before === undefined
      ? []
      : [
          {
            path: `${path}[${index}].${key}`,
            text: `${path}[${before}] has this ${key} already; give each ${key === 'id' ? 'server' : 'application'} its own.`,
          },
        ];
  });
}

/** Passwords in a file that others may read. */
function openWarning(file: string, mode: number, content: unknown): string[] {
  const open = process.platform !== 'win32' && (mode & 0o077) !== 0;
  if (!open || !/:\/\/[^/?#@"]*:[^/?#@"]+@|[?&]password=/.test(JSON.stringify(content))) return [];
  return [
    `PGDECK_CONFIG: the file ${file} holds a password, and others may read it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}). Run chmod 600 on it, or name variables with urlEnv.`,
  ];
}

/** The same server twice would be asked twice. */
function sameWarnings(servers: ServerConfig[]): string[] {
  const seen = new Map<string, string>();
  return servers.flatMap(({ id, read: { host, port } }) => {
    const place = `${host}:${port}`;
    const before = seen.get(place);
    if (before === undefined) seen.set(place, id);
    return before === undefined
      ? []
      : [
          `PGDECK_CONFIG: ${before} and ${id} are at the same address (${place}). pgdeck shows all databases of a server under one id, and asks each id by itself.`,
        ];
  });
}
