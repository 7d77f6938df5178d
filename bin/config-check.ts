import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { AccessRule, ApplicationPool, Config, ServerConfig, Target } from '@/lib/config';
import { readConfig } from '@/lib/config';
import { ConfigError, type Environment, namesServer, setting } from '@/lib/config-early.mjs';
import { plural } from '@/lib/format';

/** `file` instead of the one that PGDECK_CONFIG names; `root` is the clone, where .env is. */
export type CheckOptions = { root: string; file?: string | undefined };

/** Tells what pgdeck would start with, without a password; or all that is wrong. 1: it would not start. */
export async function run({ root, file }: CheckOptions): Promise<number> {
  const env: Environment = { ...process.env };
  // A file that is to be used some day is not beside the server of today.
  if (file !== undefined && setting(env, 'PGDECK_CONFIG') === undefined) delete env.DATABASE_URL;
  if (file !== undefined) env.PGDECK_CONFIG = resolve(file);
  const problems = problemsOf(env);
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\n`);
    return 1;
  }
  if (!namesServer(env)) {
    say('No server is named, so that npm start shows the demo. PGDECK_CONFIG names the file of your servers.');
    return 0;
  }
  const config = readConfig(env);
  for (const line of report(config, env)) say(line);
  for (const warning of [...config.warnings, ...openEnvWarning(root)]) say(`Warning: ${warning}`);
  return 0;
}

function problemsOf(env: Environment): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [error.message.replace(/^PGDECK_CONFIG: the file/m, 'The file')];
  }
}

function report({ servers }: Config, env: Environment): string[] {
  const from = setting(env, 'PGDECK_CONFIG');
  const many = servers.length === 1 ? '1 server' : `${servers.length} servers`;
  return [
    `${from === undefined ? 'The environment' : resolve(from)}: ${many}, nothing wrong.`,
    ...servers.flatMap((server) => ['', ...serverLines(server)]),
    '',
  ];
}

/** What is said of one server, with its parts one below the other. */
export function serverLines(server: ServerConfig): string[] {
  const { id, name, environment, tags, read, action, pgbouncer, cpus, spindles, applications, access } = server;
  const kind = [environment, ...tags.map((tag) => `#${tag}`)].filter(Boolean).join(' ');
  const machine = [
    ...(cpus === undefined ? [] : [plural(cpus, 'processor')]),
    ...(spindles === undefined ? [] : [plural(spindles, 'spindle')]),
  ];
  const parts: [string, string[]][] = [
    ['questions', [addressOf(read)]],
    ['actions', [action === read ? 'the same' : addressOf(action)]],
    ['PgBouncer', pgbouncer ? [addressOf(pgbouncer)] : []],
    ['machine', machine.length > 0 ? [machine.join(', ')] : []],
    ['applications', (applications ?? []).map(poolOf)],
    ['access', access?.map(ruleOf) ?? ['everybody who may come in, by their role']],
  ];
  return [
    `${id}${name === id ? '' : ` (${name})`}${kind === '' ? '' : `: ${kind}`}`,
    ...parts.flatMap(([title, lines]) => lines.map((line, at) => `  ${(at === 0 ? title : '').padEnd(13)} ${line}`)),
  ];
}

function addressOf({ user, host, port, database, password, tls }: Target): string {
  const where = host.startsWith('/') ? `socket ${host}, port ${port}` : `${host}:${port}`;
  const secret = password === undefined ? 'no password' : 'with a password';
  return `${user} at ${where}, database ${database}, ${secret}, sslmode ${tls.mode}`;
}

function poolOf({ name, match, poolMax, instances }: ApplicationPool): string {
  const by = Object.entries(match)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${value}`);
  const most = instances === undefined ? 'as many instances as are seen' : `${instances} instances`;
  const sum = instances === undefined ? '' : `: ${poolMax * instances} connections`;
  return `${name} (${by.join(', ')}): at most ${poolMax} each, ${most}${sum}`;
}

function ruleOf({ who, role, databases }: AccessRule): string {
  return `${who.join(', ')}: ${role}${databases ? ` in ${databases.join(', ')}` : ''}`;
}

/** A .env with secrets that others may read. */
function openEnvWarning(root: string): string[] {
  const file = join(root, '.env');
  if (process.platform === 'win32' || !existsSync(file)) return [];
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  const set = parseEnv(readFileSync(file, 'utf8'));
  const secret = Object.keys(set).some((name) => /URL$|PASSWORD|SECRET|TOKENS|USERS/.test(name) && setting(set, name));
  if (!secret) return [];
  return [
    `The file ${file} holds secrets, and others may read it (mode ${mode.toString(8).padStart(4, '0')}). Run chmod 600 on it.`,
  ];
}

const say = (line: string) => process.stdout.write(`${line}\n`);
