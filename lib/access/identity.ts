/** Characters that nobody sees: controls, and those that change the direction or hide inside a word. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
const longest = 128;

/** What another system says about somebody; `groups` undefined: it says nothing about groups. */
export type Identity = { name: string; groups: string[] | undefined };

/** A name or group that another system gave, as it may be shown and compared; undefined where it may not. */
export function readName(value: unknown, most: number = longest): string | undefined {
  if (typeof value !== 'string' || value.length > most || invisible.test(value)) return undefined;
  return value.trim() === value && value !== '' ? value : undefined;
}

/** The groups of a list; undefined where one of them cannot be used. `user:…` is how settings name a person, so no group has such a name. */
export function readGroups(values: readonly unknown[]): string[] | undefined {
  const groups = values.map((value) => readName(value, 256));
  if (!groups.every((group) => group !== undefined)) return undefined;
  return groups.filter((group) => !group.startsWith('user:'));
}

/** The name that a claim of a token gives; undefined where it gives none, or an e-mail address that nobody proved. */
export function nameOfClaims(claims: Record<string, unknown>, claim: string): string | undefined {
  if (claim === 'email' && (claims.email_verified === false || claims.email_verified === 'false')) return undefined;
  return readName(own(claims, claim));
}

/** The groups that a claim of a token gives, a list or a single one; `missing` where it is not there, undefined where it is no such list. */
export function groupsOfClaims(claims: Record<string, unknown>, claim: string): string[] | 'missing' | undefined {
  const value = own(claims, claim);
  if (value === undefined || value === null) return 'missing';
  return readGroups(Array.isArray(value) ? value : [value]);
}

function own(claims: Record<string, unknown>, claim: string): unknown {
  return Object.hasOwn(claims, claim) ? claims[claim] : undefined;
}
