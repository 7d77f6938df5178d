import { notSignedIn, type User } from '../user';

/** Who a bearer of an embedded page is; 401 where it is not one of ours or has ended. */
export async function userOfEmbed(_bearer: string): Promise<User> {
  throw notSignedIn('This bearer token is not known.');
}
