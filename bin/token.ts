import { resolve } from 'node:path';
import { makeToken, type StoredToken, tokensFile } from '@/lib/access/tokens/tokens';
import { ConfigError, readConfig, stateFolder } from '@/lib/config';
import { namesServer, setting } from '@/lib/config-early.mjs';
import { nameProblem, readTokenEntries, type TokenEntry } from '@/lib/config-people';
import { changeList, readList } from './kept-list';
import { LaunchError } from './launch-error';
import { readRole } from './user';

/** What the command is told. */
export type TokenOptions = {
  /** `create NAME`, `list` or `revoke NAME`. */
  words: string[];
  role?: string | undefined;
  /** Ids of servers with commas between; missing: all. */
  servers?: string | undefined;
  /** Missing: it does not expire. */
  days?: string | undefined;
  stateDir?: string | undefined;
  /** Prints the entry for PGDECK_TOKENS and writes nothing. */
  print?: boolean | undefined;
};

const dayMs = 24 * 3600_000;

/** Keeps the tokens of scripts, also while pgdeck runs; throws `LaunchError` with what to do. */
export async function run(options: TokenOptions): Promise<number> {
  const [command, name = ''] = options.words;
  const file = tokensFile(resolve(options.stateDir ?? stateFolder(process.env)));
  if (command === 'list') {
    list(await readList(file), file.path);
    return 0;
  }
  const problem = command === 'create' ? nameProblem(name) : undefined;
  if (problem !== undefined) throw new LaunchError(`${name}: ${problem}.`);
  if (command === 'create') await create(file, name, options);
  else {
    await changeList(file, 'tokens', (entries) => {
      const left = entries.filter((each) => each.name !== name);
      if (left.length === entries.length)
        throw new LaunchError(
          `There is no token ${name} in ${file.path}. npx pgdeck token list tells which are there.`,
        );
      return left;
    });
    say(`The token ${name} is revoked.`);
  }
  return 0;
}

async function create(file: ReturnType<typeof tokensFile>, name: string, options: TokenOptions): Promise<void> {
  const { token, sha256 } = makeToken();
  const role = readRole(options.role);
  const servers = readServers(options.servers);
  const expiresAt = readDays(options.days);
  if (servers && !options.print) checkWatched(servers);
  const entry: StoredToken = {
    name,
    role,
    sha256,
    ...(servers && { servers }),
    createdAt: new Date().toISOString(),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  if (options.print) {
    tell('The token, which is not shown again, and the entry for PGDECK_TOKENS:');
    say(token);
    say(entryOf(entry));
    return;
  }
  await changeList(file, 'tokens', (entries) => {
    if (entries.some((each) => each.name === name))
      throw new LaunchError(`There is a token ${name} already. Revoke it, or choose another name.`);
    return [...entries, entry];
  });
  tell(`The token ${name}, ${inWords(entry)}. It is not shown again; send it as: Authorization: Bearer …`);
  say(token);
}

function entryOf({ name, role, sha256, servers, expiresAt }: TokenEntry): string {
  const last = expiresAt === undefined ? [] : [expiresAt.slice(0, 10)];
  return [name, role, sha256, ...(servers || last.length > 0 ? [servers?.join('+') ?? '*'] : []), ...last].join(':');
}

function list(kept: TokenEntry[], path: string): void {
  const given = readTokenEntries(setting(process.env, 'PGDECK_TOKENS') ?? '');
  const rows = [
    ...given.map((entry) => ({ entry, from: ' (PGDECK_TOKENS)' })),
    ...kept.map((entry) => ({ entry, from: '' })),
  ];
  if (rows.length === 0) say(`There are no tokens in ${path}. Make one: npx pgdeck token create NAME --role viewer`);
  const width = Math.max(...rows.map(({ entry }) => entry.name.length));
  for (const { entry, from } of rows) say(`${entry.name.padEnd(width)}  ${inWords(entry)}${from}`);
}

function inWords({ role, servers, expiresAt }: TokenEntry): string {
  const until =
    expiresAt === undefined
      ? 'without an end'
      : `${Date.parse(expiresAt) > Date.now() ? 'until' : 'expired'} ${expiresAt.slice(0, 10)}`;
  return `${role}, ${servers ? servers.join(', ') : 'all servers'}, ${until}`;
}

function readServers(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const servers = [...new Set(text.split(',').map((id) => id.trim()))];
  if (!servers.every((id) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(id)))
    throw new LaunchError('--servers takes the ids of servers with commas between, such as --servers shop,billing.');
  return servers;
}

/** Throws where the settings here name no server for one of some ids; another shell than pgdeck's may name none at all. */
function checkWatched(ids: string[]): void {
  const known = watched();
  if (known === undefined) {
    tell(`The settings of pgdeck could not be read here, so that nobody looked whether it watches ${ids.join(', ')}.`);
    return;
  }
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0)
    throw new LaunchError(
      `pgdeck watches no server ${unknown.join(', ')}; these settings name ${known.join(', ')}. No token was made.`,
    );
}

/** The ids of the servers that the settings here name. */
function watched(): string[] | undefined {
  if (!namesServer(process.env)) return undefined;
  try {
    return readConfig(process.env).servers.map(({ id }) => id);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** The end of the last day, in UTC. */
function readDays(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > 3660) throw new LaunchError('--days takes a whole number from 1 to 3660.');
  return `${new Date(Date.now() + days * dayMs).toISOString().slice(0, 10)}T23:59:59.999Z`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What goes with a token is no part of it: a script keeps only what is printed. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
