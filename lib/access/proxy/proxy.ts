import { notSignedIn, type User } from '../user';

/** Who the reverse proxy says that a request comes from; 401 without its proof. */
export async function userOfProxy(_headers: Headers): Promise<User> {
  throw notSignedIn('The reverse proxy did not say who you are.');
}
