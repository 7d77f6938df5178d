import type { SignInOffer } from '@/components/access/offer';
import { runtime } from '@/lib/runtime';

/** How people sign in to this pgdeck, as its pages are told. */
export function signInOffer(): SignInOffer {
  const { mode, oidc } = runtime().config.access;
  return mode === 'oidc' ? { mode, provider: oidc?.issuer.host ?? '' } : { mode };
}
