import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { type Configuration, Provider } from 'oidc-provider';
import { freePort } from '@/lib/embedded/ports';

/** What a provider of the tests knows of somebody; the login page takes any password. */
export type Account = Record<string, unknown>;

/** A real provider of OpenID Connect on a port of its own, with a login page. */
export type TestProvider = {
  issuer: string;
  clientId: string;
  clientSecret: string;
  stop(): Promise<void>;
};

/** The settings of a pgdeck at `address` whose people sign in at a provider: dba are admins, readers viewers. */
export function oidcEnv({ issuer, clientId, clientSecret }: TestProvider, address: string): Record<string, string> {
  return {
    PGDECK_AUTH: 'oidc',
    PGDECK_PUBLIC_URL: address,
    PGDECK_OIDC_ISSUER: issuer,
    PGDECK_OIDC_CLIENT_ID: clientId,
    PGDECK_OIDC_CLIENT_SECRET: clientSecret,
    PGDECK_OIDC_SCOPES: 'openid email groups',
    PGDECK_ADMIN_GROUPS: 'dba',
    PGDECK_VIEWER_GROUPS: 'readers',
  };
}

/** People of the tests, by the name that they type on the login page. */
export const accounts: Record<string, Account> = {
  ann: { email: 'ann@example.net', email_verified: true, groups: ['dba', 'all-staff'] },
  vic: { email: 'vic@example.net', email_verified: true, groups: ['readers'] },
  nora: { email: 'nora@example.net', email_verified: true, groups: ['sales'] },
  mallory: { email: 'ann@example.net', email_verified: false, groups: ['dba'] },
};

/**
 * Starts a provider that knows one client; `address` is the client's own. `inIdToken`: name and groups stand in the ID
 * token, else only the provider's userinfo tells them.
 */
export async function startProvider(
  address: string,
  { inIdToken = true, configuration = {} }: { inIdToken?: boolean; configuration?: Partial<Configuration> } = {},
): Promise<TestProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const [clientId, clientSecret] = ['pgdeck', 'secret of the-client: 100 % & more_.~'];
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${address}/api/oidc/callback`],
        post_logout_redirect_uris: [`${address}/signin`],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    conformIdTokenClaims: !inIdToken,
    cookies: { keys: ['key of the cookies of this provider'] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'first' }] },
    findAccount: (_, id) => {
      const account = accounts[id];
      return account && { accountId: id, claims: () => ({ sub: id, ...account }) };
    },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600 },
    ...configuration,
  });
  const server = createServer(provider.callback());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer,
    clientId,
    clientSecret,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A browser as far as the provider's pages need one: it keeps cookies and follows the provider's own redirects. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  /** Signs somebody in from the address that pgdeck leads to; gives the address that the provider leads back to. */
  async signIn(location: string, login: string, { cancel = false } = {}): Promise<URL> {
    const { origin } = new URL(location);
    let { url, page } = await this.#open(new URL(location), origin);
    while (url.origin === origin) {
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      if (action === undefined || prompt === undefined) throw new Error(`no login page at ${url}: ${page}`);
      const abort = /<a href="([^"]+)">\[ Cancel/.exec(page)?.[1] ?? '';
      const form = new URLSearchParams({ prompt, ...(prompt === 'login' && { login, password: 'any' }) });
      ({ url, page } = cancel
        ? await this.#open(new URL(abort, url), origin)
        : await this.#open(new URL(action, url), origin, form));
    }
    return url;
  }

  async #open(first: URL, origin: string, form?: URLSearchParams): Promise<{ url: URL; page: string }> {
    let [url, body] = [first, form];
    for (;;) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie },
        ...(body && { method: 'POST', body }),
      });
      for (const text of response.headers.getSetCookie()) this.#keep(text);
      const location = response.headers.get('location');
      const page = await response.text();
      if (!location) return { url, page };
      url = new URL(location, url);
      body = undefined;
      if (url.origin !== origin) return { url, page: '' };
    }
  }

  #keep(text: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
    if (value === '' || /expires=Thu, 01 Jan 1970/i.test(text)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
