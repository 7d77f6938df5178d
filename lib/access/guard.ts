import type { IncomingMessage } from 'node:http';
import type { AccessConfig } from '@/lib/config-access';
import { bodyLimit } from './body';
import { acceptHeader } from './encoding';

/** Why a request does not reach Next. */
export type Refusal = { status: number; code: string; message: string; headers?: Record<string, string> };

/** What the raw HTTP server needs to know. */
export type GuardOptions = {
  /** The Host values that are ours, with their port. */
  allowedHosts: readonly string[];
  access: Pick<AccessConfig, 'mode' | 'basePath' | 'publicOrigin' | 'proxy'>;
  /** Development: hot reload asks for paths and headers of its own. */
  dev?: boolean;
};

/** The header in which a proxy proves that it was the proxy. */
export const proxySecretHeader = 'x-pgdeck-proxy-secret';

const forwarding = /^(forwarded|via|x-real-ip|x-forwarded(-.*)?)$/;

/** Headers with which Next talks to itself, and ours that proxy.ts sets; no browser has a reason to send them. */
const internal =
  /^(x-middleware-.*|x-nextjs-.*|x-next-.*|x-invoke-.*|x-matched-path|x-now-route-matches|x-prerender-.*|x-action-.*|next-action|next-resume|next-hmr-refresh|x-nonce|x-pgdeck-.*)$/;
const internalOfDevelopment = /^(x-nextjs-.*|next-hmr-refresh)$/;

/** The headers that say who somebody is, as far as this mode believes any. */
function identityHeaders({ mode, proxy }: GuardOptions['access']): string[] {
  if (mode !== 'proxy' || !proxy) return [];
  if (proxy.jwt) return [proxy.jwt.header];
  return [proxySecretHeader, proxy.userHeader, ...(proxy.groupsHeader === undefined ? [] : [proxy.groupsHeader])];
}

/** Decides, from the request line and headers alone, whether a request may go on to Next; undefined: it may. */
export function refusal(request: IncomingMessage, options: GuardOptions): Refusal | undefined {
  const { method = '', url = '', headers } = request;
  const { allowedHosts, access } = options;
  if (method === 'TRACE' || method === 'TRACK' || method === 'CONNECT')
    return notTaken(method, 'GET, HEAD, POST, OPTIONS');
  const doubled = ambiguous(request, ['host', 'authorization', ...identityHeaders(access)]);
  if (doubled) return { status: 400, code: 'bad_input', message: `There is more than one ${doubled} header.` };
  if (headers.host === undefined || !allowedHosts.includes(headers.host.toLowerCase())) {
    // Nobody else's machine is meant by an address of this one.
    if (access.mode !== 'local' && access.publicOrigin === undefined)
      return {
        status: 421,
        code: 'misdirected',
        message: 'This Host is not served here. Whoever runs this pgdeck names it in PGDECK_PUBLIC_URL.',
      };
    const address = `${access.publicOrigin ?? `http://${allowedHosts[0] ?? '127.0.0.1'}`}${access.basePath}`;
    return { status: 421, code: 'misdirected', message: `This Host is not served here. Open ${address} instead.` };
  }
  if (access.mode === 'local' && Object.keys(headers).some((name) => forwarding.test(name))) {
    return {
      status: 403,
      code: 'proxy_refused',
      message:
        'Without sign-in pgdeck serves this machine only, not through a proxy (Forwarded, X-Forwarded-*, X-Real-IP, Via). Set PGDECK_AUTH, or let the proxy not add these headers.',
    };
  }
  const path = plainPath(url);
  if (path === undefined) return { status: 400, code: 'bad_input', message: 'This address cannot be read.' };
  const below = pathBelow(url, access.basePath);
  if (below === undefined)
    return { status: 404, code: 'not_found', message: `pgdeck is served below ${access.basePath} here.` };
  const inside = path.slice(access.basePath.length);
  if (/^\/_next\/image(\/|$)/.test(inside))
    return { status: 404, code: 'not_found', message: 'Images are not processed here.' };
  // What Next shows in place of a page that is not there, or fell; by itself it is neither.
  if (/^\/_(global-error|error|not-found)(\/|$)/.test(inside))
    return { status: 404, code: 'not_found', message: 'There is nothing at this address.' };
  // Pages take nothing but reads: what frameworks do with bodies that are sent to pages never begins.
  if (!options.dev && !['GET', 'HEAD'].includes(method) && !/^\/api(\/|$)/.test(inside))
    return notTaken(method, 'GET, HEAD');
  if (Number(headers['content-length'] ?? 0) > bodyLimit) {
    return {
      status: 413,
      code: 'too_large',
      message: 'The body is larger than 256 KB.',
      headers: { connection: 'close' },
    };
  }
  return undefined;
}

function notTaken(method: string, allow: string): Refusal {
  return { status: 405, code: 'method_not_allowed', message: `${method} is not taken here.`, headers: { allow } };
}

/** The first of some headers that is there twice, or beside one that only differs by `_`, which others read as the same. */
function ambiguous({ rawHeaders }: IncomingMessage, names: readonly string[]): string | undefined {
  const given = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  return names.find((name) => {
    const alike = given.filter((each) => each.replaceAll('_', '-') === name);
    return alike.length > 1 || alike.some((each) => each !== name);
  });
}

/** Takes off what clients have no say in, and names the peer. Only after `refusal()` let the request in. */
export function clean(request: IncomingMessage, { access, dev }: GuardOptions): void {
  const { headers } = request;
  const believed = identityHeaders(access);
  for (const name of Object.keys(headers)) {
    const plain = name.replaceAll('_', '-');
    if (believed.includes(name) || (dev && internalOfDevelopment.test(name))) continue;
    const doubtful = forwarding.test(plain) && plain !== 'via';
    if (doubtful || internal.test(plain) || believed.includes(plain)) delete headers[name];
  }
  if (!believed.includes('x-forwarded-for')) headers['x-forwarded-for'] = request.socket.remoteAddress ?? '';
  const below = pathBelow(request.url ?? '', access.basePath);
  if (!below?.startsWith('/api/') && below !== '/metrics') return;
  // Routes compress their answers by themselves, once for all who read them; Next would do it for each. On this machine
  // nothing is saved by it.
  const accepted = headers['accept-encoding'];
  delete headers['accept-encoding'];
  if (access.mode !== 'local' && accepted !== undefined) headers[acceptHeader] = String(accepted);
}

/** The path below the base path, as it was sent; undefined where it is not below it. */
export function pathBelow(url: string, basePath: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  if (!path.startsWith(basePath)) return undefined;
  const below = path.slice(basePath.length);
  return basePath === '' || below === '' || below.startsWith('/') ? below : undefined;
}

/** The decoded path with single slashes; undefined for anything but an origin-form address that can be decoded and leads nowhere else. */
function plainPath(url: string): string | undefined {
  if (!url.startsWith('/')) return undefined;
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '').replace(/[/\\]+/g, '/');
    return /\/\.{1,2}(\/|$)/.test(path) ? undefined : path;
  } catch {
    return undefined;
  }
}
