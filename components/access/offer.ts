/** How somebody signs in to this pgdeck; `provider` is the host of an OpenID provider. */
export type SignInOffer =
  | { mode: 'password' }
  | { mode: 'oidc'; provider: string }
  | { mode: 'proxy' }
  | { mode: 'embed' }
  | { mode: 'local' | 'anonymous' };

/** Where a sign-in at the provider begins; `next` is where it leads back to, `again` asks there who it is. */
export function startAddress(next: string, again = false): string {
  return `/api/oidc/start?${new URLSearchParams({ next, ...(again && { again: '1' }) })}`;
}
