import { notSignedIn, type User } from '../user';

/** Whether a bearer token is one for scripts. */
export function isServiceToken(token: string): boolean {
  return token.startsWith('pgd_');
}

/** Who a service token was made for; 401 where it is not known. */
export async function userOfToken(_token: string): Promise<User> {
  throw notSignedIn('This token is not known.');
}
