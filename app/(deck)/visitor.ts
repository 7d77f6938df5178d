import { headers } from 'next/headers';
import { notFound, redirect } from 'next/navigation';
import { ApiError } from '@/lib/access/errors';
import { identify } from '@/lib/access/identify';
import { type ServerAccess, serverFor } from '@/lib/access/server-access';
import type { User } from '@/lib/access/user';

/** Who opens a page; who is not recognised is led to the sign-in, and from there back. */
export async function visitor(): Promise<User> {
  const sent = await headers();
  try {
    return await identify(sent);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'no_role') redirect('/signin?error=no_role');
    // 503: who it is cannot be told now, such as without the keys of a proxy; the sign-in page says why.
    if (error.status !== 401 && error.status !== 503) throw error;
    const from = sent.get('x-pgdeck-path') ?? '/';
    redirect(`/signin?next=${encodeURIComponent(from)}`);
  }
}

/** Who opens a page of a server, and what they may do there; a server that they may not know of is not there. */
export async function visitorOf(server: string): Promise<{ user: User; access: ServerAccess }> {
  const user = await visitor();
  // What a frame may see is decided path by path of the API: a page that is read here would go around it.
  if (user.mode === 'embed') notFound();
  try {
    return { user, access: serverFor(user, server).access };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) notFound();
    throw error;
  }
}
