#!/usr/bin/env node
// The set-up in front of everything: node's built-ins only, for nothing may be installed yet.
const wanted = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  console.error(`pgdeck needs Node.js ${wanted.join('.')} or newer; this is ${process.versions.node}.`);
  console.error(
    'Install a newer one from https://nodejs.org or with your version manager, then run the command again.',
  );
  process.exit(1);
}
// Only now: an older node could not even read the syntax of what follows.
const { main } = await import('./set-up/main.mjs');
await main(process.argv.slice(2));
