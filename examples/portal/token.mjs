import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

/**
 * A token that lets somebody into pgdeck's frame: for one use, within a minute. `user` is whom the portal has signed in;
 * `key` is the shared secret (HS256) or the private key (EdDSA, ES256), and it never leaves the backend.
 */
export function mintToken(user, { alg, key, issuer, portal, pgdeck }) {
  return new SignJWT({ name: user.name, role: user.role, origin: portal })
    .setProtectedHeader({ alg, typ: 'pgdeck-embed+jwt' })
    .setIssuer(issuer)
    .setAudience(pgdeck)
    .setSubject(user.id)
    .setIssuedAt()
    .setExpirationTime('60 s')
    .setJti(randomUUID())
    .sign(key);
}
