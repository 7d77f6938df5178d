import { notFound } from '@/lib/access/errors';
import { signIn } from '@/lib/access/password/sign-in';
import { othersThan, reply, route } from '@/lib/access/route';
import { answerWith, sessionAnswer } from '@/lib/access/session/answer';
import { endSession, sessionBehind } from '@/lib/access/session/session';
import { signOut } from '@/lib/access/session/sign-out';
import * as contracts from '@/lib/api/session';
import { runtime } from '@/lib/runtime';

/** `GET /api/session`: who I am, and what I may do on each server. */
export const GET = route(contracts.session, async ({ user, request }) =>
  sessionAnswer(user, await sessionBehind(user, request.headers)),
);

/** `POST /api/session`: signs in by name and password. */
export const POST = route(contracts.signIn, async ({ body: { name, password }, request: { headers } }) => {
  if (runtime().config.access.mode !== 'password') throw notFound('Nobody signs in with a password here.');
  const cookies = await signIn(name, password, headers);
  // Who signs in anew leaves the session that this browser had.
  await endSession(headers);
  return answerWith(cookies);
});

/** `DELETE /api/session`: signs out; the session is not taken any more. */
export const DELETE = route(contracts.signOut, async ({ request }) => {
  const { cookie, next } = await signOut(request.headers);
  return reply(200, { next }, { 'set-cookie': cookie });
});

export const { PUT, PATCH, OPTIONS } = othersThan('GET', 'POST', 'DELETE');
