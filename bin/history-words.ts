import { EmbeddedError } from '@/lib/embedded/errors';
import { isLate } from './history-database';
import { whyNoFolder } from './state-folder';

const retried = 'The pages go on with the last hour, from memory; pgdeck tries again by itself.';

/** The line of a server's log that says why, without its time and its end; the last line where none does. */
export function firstWords(said: string): string {
  const lines = said.trimEnd().split('\n');
  const line = lines.find((each) => /(PANIC|FATAL):|^postgres: /.test(each)) ?? lines.at(-1) ?? '';
  return line
    .replace(/^.*?(?=PANIC:|FATAL:)/, '')
    .replace(/\s+/g, ' ')
    .replace(/[.:\s]+$/, '');
}

/** A text of the terminal as pages and answers tell it: without where things are on this machine. */
export function withoutPlaces(text: string, stateDir: string, folder: string): string {
  return text
    .replaceAll(stateDir, 'PGDECK_STATE_DIR')
    .replaceAll(folder, 'a folder apart')
    .replace(/(?<![\w./~-])\/[\w.@~+-]+(\/[\w.@~+-]*)*/g, '…');
}

/** Why nothing is remembered and what to do, in sentences; `slow`: the start takes long; `again`: what happens next. */
export function historyProblem(error: unknown, stateDir: string, again = retried): string {
  if (error === 'slow')
    return `The history's PostgreSQL is still starting; after a crash it replays what it had not written yet, which can take minutes. ${again}`;
  if (error instanceof EmbeddedError) {
    switch (error.reason) {
      case 'disk-full':
        return `Nothing is remembered: the disk that holds the history below ${stateDir} is full. Make room on it. ${again}`;
      case 'platform':
        return `Nothing is remembered: ${error.message} A PostgreSQL of yours can keep the history instead: PGDECK_HISTORY_URL. ${again}`;
      case 'folder':
      case 'damaged':
      case 'other':
        return `Nothing is remembered: the history's PostgreSQL did not start below ${stateDir}: ${firstWords(error.message)}. ${again}`;
      default:
        return `Nothing is remembered: ${error.message} ${again}`;
    }
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined && code !== undefined && /^E[A-Z]+$/.test(code) && !/connect|read/.test(syscall))
    return `Nothing is remembered: the history's folder below ${stateDir} cannot be used: ${whyNoFolder(error)}. Mend that, or name another folder in PGDECK_STATE_DIR. ${again}`;
  if (isLate(error)) return `The history's PostgreSQL runs and does not answer in time: this machine is busy. ${again}`;
  if (code === '53100') return historyProblem(new EmbeddedError('', 'disk-full'), stateDir, again);
  return `Nothing is remembered: the history's own PostgreSQL could not be prepared: ${(error as Error).message}. ${again}`;
}
