import { resolve } from 'node:path';
import { hashPassword } from '@/lib/access/password/hash';
import { usersFile } from '@/lib/access/password/users';
import { stateFolder } from '@/lib/config';
import { setting } from '@/lib/config-early.mjs';
import { nameProblem, type Role, readUserEntries, roles, type UserEntry } from '@/lib/config-people';
import { askPassword } from './ask-password';
import { changeList, readList } from './kept-list';
import { LaunchError } from './launch-error';

/** What the command is told. */
export type UserOptions = {
  /** `add NAME`, `list`, `role NAME ROLE`, `password NAME` or `remove NAME`. */
  words: string[];
  role?: string | undefined;
  stateDir?: string | undefined;
  passwordStdin?: boolean | undefined;
  /** Prints the entry for PGDECK_USERS and writes nothing. */
  print?: boolean | undefined;
};

/** Keeps the users that sign in with a password, also while pgdeck runs; throws `LaunchError` with what to do. */
export async function run(options: UserOptions): Promise<number> {
  const [command, name = '', role] = options.words;
  const { stateDir = stateFolder(process.env) } = options;
  const file = usersFile(resolve(stateDir));
  if (command === 'list') {
    list(await readList(file), file.path);
    return 0;
  }
  const problem = command === 'add' ? nameProblem(name) : undefined;
  if (problem !== undefined) throw new LaunchError(`${name}: ${problem}.`);
  const change = (what: (entry: UserEntry) => UserEntry[]) =>
    changeList(file, 'users', (entries) => {
      if (!entries.some((each) => each.name === name)) throw notThere(name, file.path);
      return entries.flatMap((each) => (each.name === name ? what(each) : [each]));
    });
  switch (command) {
    case 'add': {
      await add(file, name, readRole(options.role), options);
      break;
    }
    case 'role': {
      const given = readRole(role);
      await change((entry) => [{ ...entry, role: given }]);
      say(`${name} is ${given} from now on.`);
      break;
    }
    case 'password': {
      if (!(await readList(file)).some((each) => each.name === name)) throw notThere(name, file.path);
      const password = await hashPassword(await askPassword(name, options.passwordStdin === true));
      await change((entry) => [{ ...entry, password }]);
      say(`${name} has a new password; sessions with the old one have ended.`);
      break;
    }
    case 'remove':
      await change(() => []);
      say(`${name} is removed; their sessions have ended.`);
  }
  return 0;
}

async function add(
  file: ReturnType<typeof usersFile>,
  name: string,
  role: Role,
  { passwordStdin, print }: UserOptions,
): Promise<void> {
  const refuse = (entries: UserEntry[]) => {
    if (entries.some((each) => each.name === name))
      throw new LaunchError(
        `There is a user ${name} already. Change them with: npx pgdeck user role ${name} ROLE, or user password ${name}`,
      );
  };
  if (!print) refuse(await readList(file));
  const password = await hashPassword(await askPassword(name, passwordStdin === true));
  if (print) {
    process.stderr.write('For PGDECK_USERS (put it between single quotes in a shell):\n');
    say(`${name}:${role}:${password}`);
    return;
  }
  await changeList(file, 'users', (entries) => {
    refuse(entries);
    return [...entries, { name, role, password }];
  });
  say(`${name} can sign in as ${role}, where pgdeck runs with PGDECK_AUTH=password and this state folder.`);
}

function list(kept: UserEntry[], path: string): void {
  const given = readUserEntries(setting(process.env, 'PGDECK_USERS') ?? '');
  const rows = [
    ...given.map((entry) => ({ ...entry, from: ' (PGDECK_USERS)' })),
    ...kept.map((entry) => ({
      ...entry,
      from: given.some(({ name }) => name === entry.name) ? ' (not used: PGDECK_USERS has the same name)' : '',
    })),
  ];
  if (rows.length === 0) say(`There are no users in ${path}. Make one: npx pgdeck user add NAME --role admin`);
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, role, from } of rows) say(`${name.padEnd(width)}  ${role}${from}`);
}

/** A role as the command line gives it; throws `LaunchError`. */
export function readRole(text: string | undefined): Role {
  const role = roles.find((each) => each === text);
  if (role === undefined) throw new LaunchError(`Choose one of the roles ${roles.join(', ')}.`);
  return role;
}

function notThere(name: string, path: string): LaunchError {
  return new LaunchError(`There is no user ${name} in ${path}. npx pgdeck user list tells who is there.`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
