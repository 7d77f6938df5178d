import { spawn } from 'node:child_process';

/** For `--import`: a Node.js program that ends when we do, however that was, as the other end of its input is gone then. */
export const endsWithUs = `data:text/javascript,${encodeURIComponent("process.stdin.on('end', () => process.exit(1)).resume().unref()")}`;

/**
 * Runs a program, keeps what it says, and ends it with us.
 * @param {string} command
 * @param {string[]} parameters
 * @param {{ cwd: string, env?: Record<string, string | undefined>, signal?: AbortSignal }} options
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function run(command, parameters, { cwd, env, signal }) {
  const child = spawn(command, parameters, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
  const end = () => child.kill('SIGKILL');
  const interrupted = () => {
    child.kill('SIGTERM');
    child.once('close', () => process.exit(130));
    setTimeout(() => process.exit(130), 1_500);
  };
  signal?.addEventListener('abort', end);
  process.once('exit', end);
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  let output = '';
  const collect = (chunk) => {
    output = (output + chunk).slice(-100_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  }).finally(() => {
    process.off('exit', end);
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  });
}
