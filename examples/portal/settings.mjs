import { createPrivateKey, createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { PORTAL_URL, PORTAL_PORT, PORTAL_USERS, PGDECK_URL, PGDECK_SERVER } = process.env;
const { EMBED_ISSUER, EMBED_SECRET, EMBED_PRIVATE_KEY } = process.env;

/** The origin under which browsers open the portal: one of pgdeck's PGDECK_EMBED_ORIGINS. */
export const portal = new URL(PORTAL_URL || 'http://localhost:4000').origin;
export const port = Number(PORTAL_PORT || new URL(portal).port || 4000);

/** Where pgdeck is, with its base path where it has one, and the server whose panel is shown. */
export const deck = (PGDECK_URL || 'http://127.0.0.1:8432').replace(/\/+$/, '');
export const deckServer = PGDECK_SERVER || 'demo';

/** What tokens are made with. */
export const signing = {
  ...(EMBED_PRIVATE_KEY
    ? { alg: 'EdDSA', key: createPrivateKey(readFileSync(EMBED_PRIVATE_KEY)) }
    : { alg: 'HS256', key: createSecretKey(Buffer.from(need('EMBED_SECRET', EMBED_SECRET))) }),
  issuer: EMBED_ISSUER || portal,
  portal,
  pgdeck: new URL(deck).origin,
};

/** The people of this portal by id; a real one asks its directory. */
export const users = new Map(
  need('PORTAL_USERS', PORTAL_USERS)
    .split(',')
    .map((entry) => {
      const [id, role, password] = entry.split(':');
      if (!id || !['viewer', 'operator', 'admin'].includes(role) || !password)
        throw new Error('PORTAL_USERS: name:role:password, with commas between; roles are viewer, operator and admin.');
      return [id, { id, name: id, role, password }];
    }),
);

function need(name, value) {
  if (!value) throw new Error(`${name} is missing; README.md says what to set.`);
  return value;
}
