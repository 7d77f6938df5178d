import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { LaunchError } from './launch-error';

const longest = 1024;

/** A new password of somebody: typed twice on the terminal without showing it, or the first line of the input. */
export async function askPassword(name: string, fromInput: boolean): Promise<string> {
  const password = fromInput ? await firstLine() : await typedTwice(name);
  const problem = passwordProblem(name, password);
  if (problem !== undefined) throw new LaunchError(problem);
  return password;
}

/** What is wrong with a new password, and what to do; undefined: nothing. */
export function passwordProblem(name: string, password: string): string | undefined {
  const length = [...password].length;
  if (length < 12) return `The password has ${length} characters; choose one of at least 12.`;
  if (length > longest) return `The password has ${length} characters; at most ${longest} are taken.`;
  const parts = [name, name.split('@')[0] ?? ''].filter((part) => part.length >= 3);
  if (parts.some((part) => password.toLowerCase().includes(part)))
    return 'The password contains the name; choose another one.';
  return undefined;
}

async function typedTwice(name: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new LaunchError('There is no terminal to ask for the password on. Give it as the input: --password-stdin');
  // It takes the terminal before anything is asked, so that nothing of what is typed is shown.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const stopped = new Promise<never>((_resolve, reject) => {
    for (const event of ['SIGINT', 'close'] as const)
      terminal.once(event, () => reject(new LaunchError('Nothing was changed.')));
  });
  stopped.catch(() => {});
  const ask = async (question: string) => {
    process.stderr.write(question);
    return Promise.race([terminal.question(''), stopped]).finally(() => process.stderr.write('\n'));
  };
  try {
    const password = await ask(`Password for ${name} (at least 12 characters): `);
    const problem = passwordProblem(name, password);
    if (problem !== undefined) throw new LaunchError(problem);
    if ((await ask('The same again: ')) !== password) throw new LaunchError('These are two different passwords.');
    return password;
  } finally {
    terminal.close();
  }
}

async function firstLine(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > 8 * longest) break;
  }
  return Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1)[0] ?? '';
}
