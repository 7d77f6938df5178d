/** What pgdeck's paths begin with behind a reverse proxy; empty: nothing. The build writes it in (next.config.js). */
export const basePath = process.env.NEXT_PUBLIC_PGDECK_BASE_PATH ?? '';

/**
 * An address for the browser itself (fetch, plain links, downloads); Next's own links and router add the base path
 * themselves. What is not a path of pgdeck stays as it is.
 */
export function withBasePath(path: string): string {
  return path.startsWith('/') ? basePath + path : path;
}
