import { buildEndSessionUrl } from 'openid-client';
import { log, safeError } from '@/lib/metrics/log';
import { provider } from './provider';
import { publicAddress } from './sign-in';

/**
 * Where to send somebody who signed out, so that they are signed out at the provider too and come back to the sign-in
 * page; null where the provider has no such address or does not answer.
 */
export async function logOutAddress(idToken: string | undefined): Promise<string | null> {
  try {
    const config = await provider();
    if (!config.serverMetadata().end_session_endpoint) return null;
    const parameters = {
      post_logout_redirect_uri: `${publicAddress()}/signin`,
      ...(idToken !== undefined && { id_token_hint: idToken }),
    };
    return buildEndSessionUrl(config, parameters).href;
  } catch (error) {
    log.warn({ err: safeError(error) }, 'signed out here, but not at the provider');
    return null;
  }
}
