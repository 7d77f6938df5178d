import { notSignedIn, type User } from '../user';

/** Who signed in, by the session's cookie; 401 without one, or when it has ended. */
export async function userOfSession(_headers: Headers): Promise<User> {
  throw notSignedIn('Sign in first.');
}
