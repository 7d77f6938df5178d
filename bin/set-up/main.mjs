import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  ConfigError,
  fillFromDotEnv,
  namesServer,
  readBasePath,
  readBind,
  readConnectionUrl,
  setting,
} from '../../lib/config-early.mjs';
import { buildApp, buildPrograms } from './build.mjs';
import { installDependencies } from './install.mjs';
import { checkPort } from './port.mjs';
import { SetUpError } from './progress.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const exampleUrl = 'postgres://user:password@host:5432/database';

const help = `pgdeck: a dashboard for the people who keep PostgreSQL servers running

  npm start                      watch the server of DATABASE_URL, PGHOST or PGDECK_CONFIG; the demo when none is named
  npm start -- --demo            the demo in any case
  npm run dev                    the demo with hot reload, for working on pgdeck
  npm run demo:reset             delete the demo's data; the next start makes it anew
  npm run bench                  what pgdeck costs the server that it watches
  npx pgdeck doctor [URL]        what pgdeck's role can see, what is missing, and the SQL that mends it
                                 (exit code 0: nothing missing, 1: something missing or not reachable)
  npx pgdeck history migrate --to URL
                                 copy the history that pgdeck keeps in its state folder to a PostgreSQL of yours
                                 (exit code 0: every row is there, 1: it is not)
  npx pgdeck audit verify [--state-dir DIR] [--head HASH]
                                 check that no line of the audit was changed or removed; pgdeck may run meanwhile
                                 (exit code 0: the chain holds, 1: it does not)

Settings are environment variables, also read from the file .env; docs/settings.md lists them. The first ones:
  DATABASE_URL=${exampleUrl}   PGDECK_PORT=8432   PGDECK_STATE_DIR=…
`;

const historyHelp = `pgdeck keeps its history in a PostgreSQL of its own below PGDECK_STATE_DIR, or in the one of PGDECK_HISTORY_URL

  npx pgdeck history migrate --to ${exampleUrl}
                                 copy the first to a PostgreSQL of yours (14 to 18, an empty database); the source stays
                                 as it is, and a copy that was interrupted goes on. Stop pgdeck before.
                                 (exit code 0: every row is there, 1: it is not)

What is kept, how long and how large it is: docs/history.md
`;

const auditHelp = `pgdeck writes down who did what, in lines that hang together by their hashes

  npx pgdeck audit verify [--state-dir DIR] [--head HASH]
                                 check that no line was changed, removed or moved; nothing is written, and pgdeck may run.
                                 --state-dir: of which pgdeck, instead of PGDECK_STATE_DIR
                                 --head: the hash of a line that has to be there, such as the last one of an earlier check
                                 (exit code 0: the chain holds, 1: it does not)

What stands in a line: docs/actions.md
`;

/** @type {Record<string, (parameters: { demo: boolean, rest: string[], to?: string, stateDir?: string, head?: string }) => Promise<unknown>>} */
const commands = {
  async start({ demo }) {
    await checkStart();
    await installDependencies(root);
    await buildPrograms(root);
    await buildApp(root, readBasePath(process.env));
    await launch({ dev: false, demo: demo || !namesServer(process.env) });
  },
  async dev({ demo }) {
    await checkStart();
    await installDependencies(root);
    await buildPrograms(root);
    await launch({ dev: true, demo: demo || !namesServer(process.env) });
  },
  async 'demo-reset'() {
    await program('demo-reset', { root });
  },
  async doctor({ rest }) {
    if (rest[0] !== undefined) Object.assign(process.env, { DATABASE_URL: rest[0], PGDECK_CONFIG: '' });
    if (!namesServer(process.env)) throw new SetUpError(`Name the server to examine: npx pgdeck doctor ${exampleUrl}`);
    checkUrls();
    await program('doctor', {});
  },
  async history({ rest, to }) {
    if (rest.length === 0 || (rest.length === 1 && rest[0] === 'help')) {
      process.stdout.write(historyHelp);
      return;
    }
    if (rest[0] !== 'migrate' || rest.length > 1)
      throw new SetUpError(`pgdeck has no command history ${rest.join(' ')}.\n\n${historyHelp.trimEnd()}`);
    if (to === undefined)
      throw new SetUpError(`Name where the history goes: npx pgdeck history migrate --to ${exampleUrl}`);
    readConnectionUrl('--to', to);
    await program('history-migrate', { root, to });
  },
  async audit({ rest, stateDir, head }) {
    if (rest.length === 0 || (rest.length === 1 && rest[0] === 'help')) {
      process.stdout.write(auditHelp);
      return;
    }
    if (rest[0] !== 'verify' || rest.length > 1)
      throw new SetUpError(`pgdeck has no command audit ${rest.join(' ')}.\n\n${auditHelp.trimEnd()}`);
    await program('audit-verify', { stateDir, head });
  },
  async bench({ rest }) {
    await program('bench', { root, parameters: rest });
  },
};

function checkUrls() {
  for (const name of ['DATABASE_URL', 'PGDECK_ACTION_URL']) {
    const url = setting(process.env, name);
    if (url !== undefined) readConnectionUrl(name, url);
  }
}

async function checkStart() {
  const { host, port } = readBind(process.env);
  readBasePath(process.env);
  checkUrls();
  await checkPort(host, port);
}

/** @param {{ dev: boolean, demo: boolean }} options */
async function launch(options) {
  const { start } = await import(pathToFileURL(join(root, 'dist', 'launcher.mjs')).href);
  await start({ root, ...options });
}

/**
 * @param {string} name
 * @param {object} options
 */
async function program(name, options) {
  await installDependencies(root);
  await buildPrograms(root);
  const file = join(root, 'dist', `${name}.mjs`);
  if (!existsSync(file)) throw new SetUpError(`This version has no ${name}.`);
  const { run } = await import(pathToFileURL(file).href);
  process.exitCode = await run(options);
}

/** @param {string[]} argv */
export async function main(argv) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      strict: argv[0] !== 'bench',
      options: {
        demo: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        to: { type: 'string' },
        'state-dir': { type: 'string' },
        head: { type: 'string' },
      },
    });
    const [name = 'start', ...rest] = positionals;
    if (values.help || name === 'help') {
      process.stdout.write({ history: historyHelp, audit: auditHelp }[name] ?? help);
      return;
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command || (rest.length > 0 && !['doctor', 'history', 'audit', 'bench'].includes(name))) {
      throw new SetUpError(`pgdeck has no command ${[name, ...rest].join(' ')}.\n\n${help.trimEnd()}`);
    }
    if (values.to !== undefined && name !== 'history')
      throw new SetUpError(`--to belongs to: npx pgdeck history migrate --to ${exampleUrl}`);
    if ((values['state-dir'] !== undefined || values.head !== undefined) && name !== 'audit')
      throw new SetUpError('--state-dir and --head belong to: npx pgdeck audit verify');
    fillFromDotEnv(process.env, root);
    const { to, head, 'state-dir': stateDir } = values;
    await command({ demo: values.demo === true, rest: name === 'bench' ? argv.slice(1) : rest, to, stateDir, head });
  } catch (error) {
    const known = error instanceof SetUpError || error instanceof ConfigError || isUsage(error) || isTold(error);
    process.stderr.write(`\n${known ? error.message : (error?.stack ?? error)}\n`);
    process.exit(1);
  }
}

/** @param {any} error */
const isUsage = (error) => typeof error?.code === 'string' && error.code.startsWith('ERR_PARSE_ARGS');
/** Errors of the bundled programs that speak for themselves; their classes are other copies than ours. @param {any} error */
const isTold = (error) => ['ConfigError', 'EmbeddedError', 'LaunchError'].includes(error?.name);
