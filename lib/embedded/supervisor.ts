import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Account } from './account';

/** A shell beside the server that stops it when we are gone, however we end: its standard input is a pipe from us. */
export type Supervisor = {
  /** The postmaster. */
  pid: number;
  /** Settles when the postmaster has ended; the code is its exit code where it is our child, else null. */
  ended: Promise<number | null>;
  /** Closes the pipe: the shell sends SIGINT (a fast shutdown). `keep`: a temporary server's folder is needed again. */
  release(keep?: boolean): void;
  /** Whether a running server keeps this process alive. */
  hold(on: boolean): void;
};

// SIGINT is PostgreSQL's fast shutdown (SIGTERM would wait for clients); SIGQUIT after six seconds is the immediate one.
// $clean is the folder of a temporary server, removed after its end unless the pipe said `keep` before it was closed.
const stopOnEnd = `
stop_it() {
  kill -INT "$pg" 2>/dev/null
  i=0
  while [ $i -lt 60 ] && kill -0 "$pg" 2>/dev/null; do i=$((i+1)); sleep 0.1 2>/dev/null || { sleep 1; i=$((i+9)); }; done
  kill -QUIT "$pg" 2>/dev/null
}
watch_pipe() {
  read -r word <&4
  [ -n "$clean" ] && [ "$word" != keep ] && : > "$clean/.remove"
  stop_it
}
clean_up() { [ -n "$clean" ] && [ -e "$clean/.remove" ] && rm -rf "$clean" 2>/dev/null; }
trap '' INT HUP TERM
`;

const startScript = `
clean=$1; shift
${stopOnEnd}
exec 4<&0
"$@" </dev/null 3>&- 4<&- &
pg=$!
echo "$pg" >&3
exec 3>&-
watch_pipe &
watcher=$!
wait "$pg"
code=$?
kill -9 "$watcher" 2>/dev/null
clean_up
exit "$code"
`;

const adoptScript = `
clean=$1; pg=$2
${stopOnEnd}
exec 4<&0
watch_pipe &
watcher=$!
while kill -0 "$pg" 2>/dev/null; do sleep 0.2 2>/dev/null || sleep 1; done
kill -9 "$watcher" 2>/dev/null
clean_up
`;

export type Launch = { account: Account; cwd: string; log: number; env: NodeJS.ProcessEnv; clean: string };

/** The end of a shell, listened for from its beginning: it may be over before the postmaster's pid is read. */
const endOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)));

function supervise(child: ChildProcess, pid: number, ended: Promise<number | null>): Supervisor {
  const pipe = child.stdin as Socket;
  pipe.on('error', () => {}); // the shell ended first
  const supervisor: Supervisor = {
    pid,
    ended,
    release: (keep) => pipe.end(keep ? 'keep\n' : ''),
    hold(on) {
      if (on) {
        child.ref();
        pipe.ref();
      } else {
        child.unref();
        pipe.unref();
      }
    },
  };
  supervisor.hold(false);
  return supervisor;
}

/** Starts a server below its own shell, in a session of its own so that Ctrl-C reaches only us. */
export function launch(command: string[], { account, cwd, log, env, clean }: Launch): Promise<Supervisor> {
  const child = spawn('/bin/sh', ['-c', startScript, 'pgdeck-supervisor', clean, ...command], {
    ...account,
    cwd,
    env,
    detached: true,
    stdio: ['pipe', log, log, 'pipe'],
  });
  const ended = endOf(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    let said = '';
    const channel = child.stdio[3] as Readable;
    channel.on('data', (chunk) => {
      said += chunk;
    });
    channel.once('close', () => {
      const pid = Number(said);
      if (pid > 0) resolve(supervise(child, pid, ended));
      else reject(new Error('the supervising shell ended before it had started PostgreSQL'));
    });
  });
}

/** Puts a shell beside a server that is already running and lost its own. */
export function adopt(pid: number, { account, cwd, log, env, clean }: Launch): Supervisor {
  const child = spawn('/bin/sh', ['-c', adoptScript, 'pgdeck-supervisor', clean, String(pid)], {
    ...account,
    cwd,
    env,
    detached: true,
    stdio: ['pipe', log, log],
  });
  child.on('error', () => {});
  return supervise(child, pid, endOf(child));
}
