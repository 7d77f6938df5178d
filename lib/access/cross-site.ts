import { ApiError } from './errors';

/**
 * Throws 403 for an unsafe request that another site could have caused: `Sec-Fetch-Site` must be absent or same-origin
 * and `Origin`, when there, an allowed one. With both absent only a bearer token would do, and local mode has none.
 */
export function refuseCrossSite(headers: Headers, allowedHosts: readonly string[]): void {
  const site = headers.get('sec-fetch-site');
  const origin = headers.get('origin');
  if (site !== null && site !== 'same-origin')
    throw new ApiError(403, 'cross_site', 'Requests that change something are only taken from pgdeck’s own pages.');
  if (origin !== null && !allowedHosts.some((host) => origin.toLowerCase() === `http://${host.toLowerCase()}`))
    throw new ApiError(403, 'cross_site', 'This Origin may not change anything here.');
  if (site === null && origin === null)
    throw new ApiError(
      403,
      'cross_site',
      'A request that changes something must carry an Origin header with pgdeck’s own address.',
    );
}
