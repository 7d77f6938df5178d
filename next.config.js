import { pagesFolder, readBasePath } from './lib/config-early.mjs';

const basePath = readBasePath(process.env);

/** @type {import('next').NextConfig} */
export default {
  basePath,
  distDir: pagesFolder(basePath),
  // Pages ask for their data and link to files below it.
  env: { NEXT_PUBLIC_PGDECK_BASE_PATH: basePath },
  poweredByHeader: false,
  reactStrictMode: true,
  // Never optimise images: the endpoint is open by default and reaches internal paths; lib/access/http.ts also answers it with 404.
  images: { unoptimized: true },
  serverExternalPackages: ['pg', 'pino', 'libpg-query', 'prom-client'],
  // Types are checked by `npm run check` and `npm test`; a start does not wait for that.
  typescript: { ignoreBuildErrors: true, tsconfigPath: 'tsconfig.next.json' },
  typedRoutes: false,
  devIndicators: false,
};
