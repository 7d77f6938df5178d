import type { Config } from '@/lib/config';
import { ApiError } from './errors';

/** The origins of pgdeck's own pages. */
export function ownOrigins({ access, allowedHosts }: Pick<Config, 'access' | 'allowedHosts'>): string[] {
  return access.publicOrigin ? [access.publicOrigin] : allowedHosts.map((host) => `http://${host.toLowerCase()}`);
}

/**
 * Throws 403 for an unsafe request that another site could have caused: `Sec-Fetch-Site` must be absent or same-origin
 * and `Origin`, when there, one of ours. With both absent only a bearer token passes, which no other site has.
 */
export function refuseCrossSite(headers: Headers, origins: readonly string[], hasBearer: boolean): void {
  const site = headers.get('sec-fetch-site');
  const origin = headers.get('origin');
  if (site !== null && site !== 'same-origin')
    throw new ApiError(403, 'cross_site', 'Requests that change something are only taken from pgdeck’s own pages.');
  if (origin !== null && !origins.includes(origin.toLowerCase()))
    throw new ApiError(403, 'cross_site', 'This Origin may not change anything here.');
  if (site === null && origin === null && !hasBearer)
    throw new ApiError(
      403,
      'cross_site',
      'A request that changes something must carry an Origin header with pgdeck’s own address, or a bearer token.',
    );
}

/** Whether a page may have been opened from another site: a strict cookie does not come along then. */
export function isFromElsewhere(headers: Pick<Headers, 'get'>): boolean {
  const site = headers.get('sec-fetch-site');
  return site === null || site === 'cross-site';
}

/** Throws 403 for a read that another site's page makes by itself; a link from there is followed. */
export function refuseCrossSiteRead(headers: Headers): void {
  const site = headers.get('sec-fetch-site');
  if ((site === 'cross-site' || site === 'same-site') && headers.get('sec-fetch-mode') !== 'navigate')
    throw new ApiError(403, 'cross_site', 'Pages of other sites are not answered.');
}
