import { encodingFor, json, SharedStart } from '@/lib/access/encoding';
import { othersThan, route } from '@/lib/access/route';
import { cookieName } from '@/lib/access/session/cookie';
import { isKnown } from '@/lib/access/snapshot-answer';
import { openApiDocument } from '@/lib/api/document';
import { openapi } from '@/lib/api/openapi';
import { runtime } from '@/lib/runtime';

let written: { start: SharedStart; etag: string } | undefined;

/** `GET /api/openapi.json`: every route, made from the same shapes that check requests; written once. */
export const GET = route(openapi, async ({ request }) => {
  const { config, launcher } = runtime();
  const { mode, publicOrigin = '', basePath } = config.access;
  written ??= {
    start: new SharedStart(
      JSON.stringify(
        openApiDocument({
          version: launcher.version,
          url: publicOrigin + basePath || '/',
          cookie: cookieName('session'),
          open: mode === 'local' || mode === 'anonymous',
        }),
      ).slice(0, -1),
    ),
    etag: `W/"${launcher.startedAt}"`,
  };
  const { start, etag } = written;
  if (isKnown(etag, request)) return new Response(null, { status: 304, headers: { etag } });
  const { body, encoding } = await start.with('}', encodingFor(request));
  return json(body, encoding, { etag });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
