import { SetUpError } from './progress.mjs';

/** The options of all commands, as `parseArgs` takes them. */
export const options = /** @type {const} */ ({
  demo: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  to: { type: 'string' },
  'state-dir': { type: 'string' },
  head: { type: 'string' },
  role: { type: 'string' },
  servers: { type: 'string' },
  days: { type: 'string' },
  print: { type: 'boolean' },
  'password-stdin': { type: 'boolean' },
});

/** What the options with a value take. @type {Record<string, string>} */
const values = {
  to: 'the address of a PostgreSQL',
  'state-dir': 'a folder',
  head: 'the hash of a line',
  role: 'viewer, operator or admin',
  servers: 'the ids of servers with commas between',
  days: 'a whole number from 1 to 3660',
};

/**
 * What is wrong with options that `parseArgs` did not take, in our words; undefined for other errors.
 * @param {any} error
 */
export function optionProblem(error) {
  const [, given = ''] = /'(?:-\w, )?(--?[\w-]+)/.exec(error?.message ?? '') ?? [];
  const name = given.replace(/^-+/, '');
  if (error?.code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE')
    return Object.hasOwn(values, name) ? `--${name} takes ${values[name]}.` : `--${name} takes no value.`;
  if (error?.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return undefined;
  const alike = Object.keys(options).find((each) => name !== '' && each.startsWith(name));
  return `pgdeck has no option ${given}. ${alike ? `Is it --${alike}?` : 'npx pgdeck --help tells which there are.'}`;
}

/**
 * Throws for words that a command does not take, or that are missing.
 * @param {string[]} words what was given, the first of them one of `known`
 * @param {Record<string, string[]>} known what follows each first word
 * @param {string} name the command
 * @param {string} itsHelp
 */
export function checkWords(words, known, name, itsHelp) {
  const [word = '', ...given] = words;
  const wanted = Object.hasOwn(known, word) ? known[word] : undefined;
  const missing = wanted?.[given.length];
  if (missing !== undefined)
    throw new SetUpError(`Which ${missing.toLowerCase()}? npx pgdeck ${[name, word, ...(wanted ?? [])].join(' ')}`);
  if (wanted === undefined || given.length > wanted.length)
    throw new SetUpError(`pgdeck has no command ${[name, ...words].join(' ')}.\n\n${itsHelp.trimEnd()}`);
}
