// npm run check: lint, types and unit tests; no browser, no server.
import { installDependencies } from '../bin/set-up/install.mjs';
import { finish, lint, root, types, vitest } from './steps.mjs';

const started = Date.now();
try {
  await installDependencies(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
await Promise.all([lint().then(types), vitest('Unit tests', 'unit')]);
finish(started);
