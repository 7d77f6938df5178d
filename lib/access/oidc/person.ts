import {
  type Configuration,
  fetchUserInfo,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import { runtime } from '@/lib/runtime';
import { groupsOfClaims, nameOfClaims } from '../identity';
import type { SignedIn } from '../session/session';
import { roleFor } from '../user';
import { SignInRefused } from './problems';
import { oidcConfig } from './provider';

type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers;

/** Who the provider's tokens, already checked, speak of; throws `SignInRefused` for somebody without a name or a role. */
export async function personOfTokens(config: Configuration, tokens: Tokens): Promise<SignedIn> {
  const { nameClaim, groupsClaim } = oidcConfig();
  let claims: Record<string, unknown> = tokens.claims() ?? {};
  const sub = String(claims.sub);
  const lacks = nameOfClaims(claims, nameClaim) === undefined || groupsOfClaims(claims, groupsClaim) === 'missing';
  // Many providers put into the ID token only what identifies, and tell the rest here; what the token says counts.
  if (lacks && config.serverMetadata().userinfo_endpoint)
    claims = { ...(await fetchUserInfo(config, tokens.access_token, sub)), ...claims };
  const name = nameOfClaims(claims, nameClaim);
  if (name === undefined) throw new SignInRefused('no_name');
  const groups = groupsOfClaims(claims, groupsClaim);
  if (groups === undefined) throw new SignInRefused('groups', name);
  const has = groups === 'missing' ? [] : groups;
  if (!roleFor(runtime().config.access.roleOf, name, has)) throw new SignInRefused('no_role', name);
  return { mode: 'oidc', sub, name, groups: has, idToken: tokens.id_token };
}
