/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  reactStrictMode: true,
  // Never optimise images: the endpoint is open by default and reaches internal paths; lib/access/http.ts also answers it with 404.
  images: { unoptimized: true },
  serverExternalPackages: ['pg', 'pino', 'libpg-query'],
  // Types are checked by `npm run check` and `npm test`; a start does not wait for that.
  typescript: { ignoreBuildErrors: true },
  typedRoutes: false,
  devIndicators: false,
};
