import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..', '..');

/** Bundles a TypeScript source of this clone (its path from the root) into `outfile`, for a test that starts it as a process of its own. */
export async function bundleProgram(source: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(root, source)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    tsconfig: join(root, 'tsconfig.json'),
    outfile,
  });
}
