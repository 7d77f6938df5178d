/** A step of the set-up failed; the message says what to do. */
export class SetUpError extends Error {
  name = 'SetUpError';
}

const quick = process.stderr.isTTY === true;

/**
 * Runs a step and tells its name, what it is doing and how long it took: one line rewritten each second on a terminal,
 * elsewhere one when it begins, one every ten seconds and one when it is done.
 * @template T
 * @param {string} name
 * @param {(tell: (doing: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const started = Date.now();
  let doing = '';
  let last = '';
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(quick ? 0 : 1)} s`;
  const draw = () => {
    const line = `${name} … ${doing ? `${doing}, ` : ''}${seconds()}`;
    if (quick) process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 100) - 1)}`);
    else if (line !== last) process.stderr.write(`${line}\n`);
    last = line;
  };
  if (quick) draw();
  else process.stderr.write(`${name} …\n`);
  const timer = setInterval(draw, quick ? 1000 : 10_000);
  try {
    const result = await work((now) => {
      doing = now;
    });
    process.stderr.write(
      `${quick ? '\r\x1b[K' : ''}${name}: done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
    );
    return result;
  } catch (error) {
    if (quick) process.stderr.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
