import { type Body, bodyFrom, withBody } from '@/lib/access/encoding';
import { othersThan, route } from '@/lib/access/route';
import { cookieName } from '@/lib/access/session/cookie';
import { isKnown } from '@/lib/access/snapshot-answer';
import { openApiDocument } from '@/lib/api/document';
import { openapi } from '@/lib/api/openapi';
import { runtime } from '@/lib/runtime';

let written: { body: Body; etag: string } | undefined;

/** `GET /api/openapi.json`: every route, made from the same shapes that check requests; written once. */
export const GET = route(openapi, async ({ request }) => {
  const { config, launcher } = runtime();
  const { mode, publicOrigin = '', basePath } = config.access;
  written ??= {
    body: bodyFrom(
      JSON.stringify(
        openApiDocument({
          version: launcher.version,
          url: publicOrigin + basePath || '/',
          cookie: cookieName('session'),
          open: mode === 'local' || mode === 'anonymous',
        }),
      ),
    ),
    etag: `W/"${launcher.startedAt}"`,
  };
  const { body, etag } = written;
  if (isKnown(etag, request)) return new Response(null, { status: 304, headers: { etag } });
  return withBody(body, request, { etag });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
