import { type NextRequest, NextResponse } from 'next/server';
import { isFramePath } from '@/lib/client/bearer';
import { runtime } from '@/lib/runtime';

const development = process.env.NODE_ENV === 'development';

/** The content security policy of a page, for one nonce. */
function policy(nonce: string, frameAncestors: string): string {
  return [
    "default-src 'none'",
    // React's error messages of the development build need eval; the development overlay writes styles without a nonce.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    development ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    // Charts place their parts with style attributes; an attribute cannot load or run anything.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${development ? ' ws:' : ''}`,
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${frameAncestors}`,
  ].join('; ');
}

/** Who may show a page in a frame: the portals of PGDECK_EMBED_ORIGINS what is below /embed, nobody anything else. */
function frameAncestorsOf(path: string): string {
  const origins = isFramePath(path) ? runtime().config.access.embed?.origins : undefined;
  return origins?.join(' ') ?? "'none'";
}

/** Gives every page its nonce and security headers; who may see what is decided by the pages and handlers themselves. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  const frameAncestors = frameAncestorsOf(request.nextUrl.pathname);
  const csp = policy(nonce, frameAncestors);
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  // Where a sign-in leads back to; what a client sent under this name is replaced.
  headers.set('x-pgdeck-path', request.nextUrl.pathname + request.nextUrl.search);
  headers.set('content-security-policy', csp);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', csp);
  response.headers.set('cache-control', 'no-store');
  response.headers.set('cross-origin-opener-policy', 'same-origin');
  response.headers.set('cross-origin-resource-policy', 'same-origin');
  response.headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=(), clipboard-read=()');
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-content-type-options', 'nosniff');
  // It knows no origins, and would go before frame-ancestors in old browsers.
  if (frameAncestors === "'none'") response.headers.set('x-frame-options', 'DENY');
  return response;
}

// Handlers of /api and /metrics set their own headers, and a proxied body would be cut at 10 MB; hashed files are cached for good, and
// portals load embed.js.
export const config = { matcher: ['/((?!api(?:/|$)|metrics$|_next/static/|_next/image|favicon.ico|embed\\.js$).*)'] };
