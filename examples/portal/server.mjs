import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { signIn, signOut, userOf } from './sessions.mjs';
import { deck, deckServer, port, portal, signing } from './settings.mjs';
import { mintToken } from './token.mjs';

const file = (name) => readFileSync(join(import.meta.dirname, 'page', name), 'utf8');
const asText = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const fill = (html, values) => html.replace(/%(\w+)%/g, (_, name) => asText(values[name] ?? ''));

/** What the browser may load: the portal's own files, pgdeck's client and pgdeck's frame. */
const policy = [
  "default-src 'none'",
  `script-src 'self' ${deck}/embed.js`,
  `frame-src ${signing.pgdeck}`,
  "style-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const server = createServer((request, response) => {
  answer(request, (status, type, text, headers = {}) => {
    response.writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      ...headers,
    });
    response.end(text);
  }).catch((error) => {
    console.error(error);
    response.destroy();
  });
});

async function answer(request, send) {
  const { pathname } = new URL(request.url, portal);
  const user = userOf(request);
  const to = (path, headers = {}) => send(303, 'text/plain', '', { location: path, ...headers });
  // Another site can have a browser send a form here: it is not listened to.
  if (request.method === 'POST' && request.headers.origin !== portal) return send(403, 'text/plain', 'Not from here.');

  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      if (!user) return to('/sign-in');
      return send(200, 'text/html', fill(file('portal.html'), { deck, server: deckServer, ...user }));
    case 'GET /sign-in':
      return send(200, 'text/html', fill(file('sign-in.html'), { problem: '' }));
    case 'POST /sign-in': {
      const form = new URLSearchParams(await read(request));
      const session = signIn(form.get('name') ?? '', form.get('password') ?? '');
      if (session) return to('/', { 'set-cookie': session });
      return send(401, 'text/html', fill(file('sign-in.html'), { problem: 'Name or password is not right.' }));
    }
    case 'POST /sign-out':
      return to('/sign-in', { 'set-cookie': signOut(request) });
    case 'POST /pgdeck-token':
      // Only who is signed in here gets into pgdeck, with the role that this portal knows them by.
      if (!user) return send(401, 'text/plain', 'Sign in first.');
      return send(200, 'application/json', JSON.stringify({ token: await mintToken(user, signing) }));
    case 'GET /portal.js':
      return send(200, 'text/javascript', file('portal.js'));
    case 'GET /portal.css':
      return send(200, 'text/css', file('portal.css'));
    default:
      return send(404, 'text/plain', 'There is nothing here.');
  }
}

/** A small body as text. */
async function read(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 4096) throw new Error('The body of a sign-in is too large.');
  }
  return text;
}

server.listen(port, '127.0.0.1', () => console.log(`The portal is running: ${portal}`));
