import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  ConfigError,
  fillFromDotEnv,
  namesServer,
  readAll,
  readBasePath,
  readBind,
  readConnectionUrl,
  readEach,
  setting,
} from '../../lib/config-early.mjs';
import { buildApp, buildPrograms } from './build.mjs';
import { auditHelp, configHelp, exampleUrl, help, historyHelp, tokenHelp, userHelp } from './help.mjs';
import { installDependencies } from './install.mjs';
import { checkPort } from './port.mjs';
import { SetUpError } from './progress.mjs';
import { checkWords, optionProblem, options } from './usage.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const launcherFile = join(root, 'dist', 'launcher.mjs');

/** The commands with words after them, and which words each takes. */
const userWords = { add: ['NAME'], list: [], role: ['NAME', 'ROLE'], password: ['NAME'], remove: ['NAME'] };
const tokenWords = { create: ['NAME'], list: [], revoke: ['NAME'] };

/** Which command an option belongs to. @type {Record<string, string[]>} */
const optionsOf = {
  to: ['history migrate'],
  head: ['audit verify'],
  'state-dir': ['audit verify', 'user', 'token'],
  role: ['user add', 'token create'],
  'password-stdin': ['user add', 'user password'],
  print: ['user add', 'token create'],
  servers: ['token create'],
  days: ['token create'],
};

/**
 * @typedef {{ to?: string, head?: string, 'state-dir'?: string, role?: string, 'password-stdin'?: boolean, print?: boolean, servers?: string, days?: string }} Given
 * @type {Record<string, (parameters: { demo: boolean, rest: string[], given: Given }) => Promise<unknown>>}
 */
const commands = {
  async start({ demo }) {
    const problem = await checkStart().catch((error) => error);
    // Where the programs are there already, it is told together with all else that is wrong.
    if (problem !== undefined && !(problem instanceof ConfigError && existsSync(launcherFile))) throw problem;
    await installDependencies(root);
    await buildPrograms(root);
    const options = { dev: false, demo: demo || !namesServer(process.env) };
    const { checkSettings } = await launcher();
    checkSettings(options);
    if (problem !== undefined) throw problem;
    await buildApp(root, readBasePath(process.env));
    await launch(options);
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
  async history({ rest, given: { to } }) {
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
  async audit({ rest, given: { 'state-dir': stateDir, head } }) {
    if (rest.length === 0 || (rest.length === 1 && rest[0] === 'help')) {
      process.stdout.write(auditHelp);
      return;
    }
    if (rest[0] !== 'verify' || rest.length > 1)
      throw new SetUpError(`pgdeck has no command audit ${rest.join(' ')}.\n\n${auditHelp.trimEnd()}`);
    await program('audit-verify', { stateDir, head });
  },
  async config({ rest }) {
    if (rest.length === 0 || (rest.length === 1 && rest[0] === 'help')) {
      process.stdout.write(configHelp);
      return;
    }
    if (rest[0] !== 'check' || rest.length > 2)
      throw new SetUpError(`pgdeck has no command config ${rest.join(' ')}.\n\n${configHelp.trimEnd()}`);
    await program('config-check', { root, file: rest[1] });
  },
  async user({ rest, given: { role, print, 'password-stdin': passwordStdin, 'state-dir': stateDir } }) {
    if (!asksForHelp(rest, userWords, 'user', userHelp))
      await program('user', { words: rest, role, print, passwordStdin, stateDir });
  },
  async token({ rest, given: { role, servers, days, print, 'state-dir': stateDir } }) {
    if (!asksForHelp(rest, tokenWords, 'token', tokenHelp))
      await program('token', { words: rest, role, servers, days, print, stateDir });
  },
  async bench({ rest }) {
    await program('bench', { root, parameters: rest });
  },
};

/**
 * Tells a command's help where it has no words; throws for words that it does not take.
 * @param {string[]} words
 * @param {Record<string, string[]>} known
 * @param {string} name
 * @param {string} itsHelp
 */
function asksForHelp(words, known, name, itsHelp) {
  const [word] = words;
  if (word === undefined || (word === 'help' && words.length === 1)) {
    process.stdout.write(itsHelp);
    return true;
  }
  checkWords(words, known, name, itsHelp);
  return false;
}

/** @param {string[]} words @param {Given} given */
function checkOptions(words, given) {
  for (const [option, owners] of Object.entries(optionsOf)) {
    const fits = owners.some((owner) => owner === words.slice(0, owner.split(' ').length).join(' '));
    if (given[option] !== undefined && !fits)
      throw new SetUpError(`--${option} belongs to: ${owners.map((owner) => `npx pgdeck ${owner}`).join(', ')}`);
  }
}

function checkUrls() {
  readEach(
    ['DATABASE_URL', 'PGDECK_ACTION_URL'].map((name) => () => {
      const url = setting(process.env, name);
      if (url !== undefined) readConnectionUrl(name, url);
    }),
  );
}

async function checkStart() {
  const { bind } = readAll({
    bind: () => readBind(process.env),
    basePath: () => readBasePath(process.env),
    urls: checkUrls,
  });
  await checkPort(bind.host, bind.port);
}

/** @returns {Promise<typeof import('../launcher.js')>} */
const launcher = () => import(pathToFileURL(launcherFile).href);

/** @param {{ dev: boolean, demo: boolean }} options */
async function launch(options) {
  const { start } = await launcher();
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
      options,
    });
    const [name = 'start', ...rest] = positionals;
    if (values.help || name === 'help') {
      process.stdout.write(
        { history: historyHelp, audit: auditHelp, config: configHelp, user: userHelp, token: tokenHelp }[name] ?? help,
      );
      return;
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (
      !command ||
      (rest.length > 0 && !['doctor', 'history', 'audit', 'config', 'user', 'token', 'bench'].includes(name))
    ) {
      throw new SetUpError(`pgdeck has no command ${[name, ...rest].join(' ')}.\n\n${help.trimEnd()}`);
    }
    if (name !== 'bench') checkOptions(positionals, values);
    fillFromDotEnv(process.env, root);
    await command({ demo: values.demo === true, rest: name === 'bench' ? argv.slice(1) : rest, given: values });
  } catch (error) {
    const known = error instanceof SetUpError || error instanceof ConfigError || isTold(error);
    process.stderr.write(`\n${optionProblem(error) ?? (known ? error.message : (error?.stack ?? error))}\n`);
    process.exit(1);
  }
}

/** Errors of the bundled programs that speak for themselves; their classes are other copies than ours. @param {any} error */
const isTold = (error) => ['ConfigError', 'EmbeddedError', 'LaunchError'].includes(error?.name);
