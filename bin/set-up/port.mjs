import { createServer } from 'node:net';
import { ConfigError } from '../../lib/config-early.mjs';

/** What went wrong with listening, in words; the launcher says the same when the port is taken meanwhile. @param {NodeJS.ErrnoException} error @param {string} host @param {number} port */
export function listenProblem(error, host, port) {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is taken by another program (another pgdeck?). Stop it, or choose another port: PGDECK_PORT=${port + 1} npm start`;
  }
  if (error.code === 'EACCES')
    return `Port ${port} may not be used by this user. Choose one above 1023 with PGDECK_PORT.`;
  if (error.code === 'EADDRNOTAVAIL') return `PGDECK_HOST: this machine has no address ${host}. Use 127.0.0.1.`;
  return `pgdeck cannot listen on ${host} port ${port}: ${error.message}`;
}

/** Throws when the port cannot be listened on. @param {string} host @param {number} port @returns {Promise<void>} */
export function checkPort(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(new ConfigError(listenProblem(error, host, port))));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
