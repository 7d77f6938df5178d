import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  clockTolerance,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import type { OidcConfig } from '@/lib/config-access';
import { log, safeError } from '@/lib/metrics/log';
import { runtime } from '@/lib/runtime';
import { notFound } from '../errors';
import { once } from '../once';

const timeoutSeconds = 5;
/** What the provider says of itself is asked for again after this time, … */
const freshMs = 3600_000;
/** … and where it did not answer, not before this. */
const restMs = 5_000;

/** The provider does not answer, or not as the settings say; the message is for the log. */
export class ProviderUnavailable extends Error {
  override name = 'ProviderUnavailable';
}

/** The settings of the provider; 404 where people do not sign in there. */
export function oidcConfig(): OidcConfig {
  const { oidc } = runtime().config.access;
  if (!oidc) throw notFound('People do not sign in by OpenID Connect here (PGDECK_AUTH).');
  return oidc;
}

/**
 * The provider as it describes itself, asked at first use and kept; what was known goes on counting while it does not
 * answer. Throws `ProviderUnavailable` where nothing is known.
 */
export function provider(): Promise<Configuration> {
  const oidc = oidcConfig();
  return once('oidc-provider', () => keeping(() => discover(oidc)))();
}

function keeping(ask: () => Promise<Configuration>): () => Promise<Configuration> {
  let known: { value: Configuration; at: number } | undefined;
  let failed: { error: unknown; at: number } | undefined;
  let pending: Promise<Configuration> | undefined;
  const load = async () => {
    try {
      known = { value: await ask(), at: Date.now() };
      failed = undefined;
      return known.value;
    } catch (error) {
      failed = { error, at: Date.now() };
      log.warn({ err: safeError(error) }, 'the provider of sign-in cannot be used');
      if (known) return known.value;
      throw error;
    } finally {
      pending = undefined;
    }
  };
  return async () => {
    if (known && Date.now() - known.at < freshMs) return known.value;
    if (failed && Date.now() - failed.at < restMs) {
      if (known) return known.value;
      throw failed.error;
    }
    pending ??= load();
    return pending;
  };
}

async function discover({ issuer, clientId, clientSecret }: OidcConfig): Promise<Configuration> {
  // Only a provider on this machine may be one without TLS (lib/config-access.ts).
  const plain = issuer.protocol === 'http:' ? [allowInsecureRequests] : [];
  const found = await discovery(issuer, clientId, { [clockTolerance]: 30 }, authenticate(clientSecret), {
    timeout: timeoutSeconds,
    execute: [enableNonRepudiationChecks, ...plain],
  }).catch((cause: unknown) => {
    throw new ProviderUnavailable(`${issuer.href} does not describe itself as a provider of OpenID Connect.`, {
      cause,
    });
  });
  const named = found.serverMetadata().issuer;
  // The library lets providers of several tenants speak for each other.
  if (!URL.canParse(named) || new URL(named).href !== issuer.href)
    throw new ProviderUnavailable(
      `The provider calls itself ${named}: PGDECK_OIDC_ISSUER has to be exactly that, without /.well-known.`,
    );
  return found;
}

/** How a client proves itself where it was registered with nothing else said; else as the provider asks for it. */
function authenticate(secret: string): ClientAuth {
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    return (methods.includes('client_secret_basic') ? basic : post)(server, client, body, headers);
  };
}
