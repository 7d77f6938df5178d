import { z } from 'zod';
import { notFound } from '@/lib/access/errors';
import { signIn } from '@/lib/access/password/sign-in';
import { othersThan, reply, route } from '@/lib/access/route';
import { answerWith, sessionAnswer } from '@/lib/access/session/answer';
import { endSession, sessionBehind } from '@/lib/access/session/session';
import { signOut } from '@/lib/access/session/sign-out';
import { runtime } from '@/lib/runtime';

const body = z.strictObject({
  name: z.string('must be a text').max(256, 'must be at most 256 characters'),
  password: z.string('must be a text').max(1024, 'must be at most 1024 characters'),
});

/** `GET /api/session`: who I am, and what I may do on each server. */
export const GET = route({ role: 'viewer' }, async ({ user, request }) =>
  sessionAnswer(user, await sessionBehind(user, request.headers)),
);

/** `POST /api/session`: signs in by name and password. */
export const POST = route({ role: 'open', body }, async ({ body: { name, password }, request: { headers } }) => {
  if (runtime().config.access.mode !== 'password') throw notFound('Nobody signs in with a password here.');
  const cookies = await signIn(name, password, headers);
  // Who signs in anew leaves the session that this browser had.
  await endSession(headers);
  return answerWith(cookies);
});

/** `DELETE /api/session`: signs out; the session is not taken any more. */
export const DELETE = route({ role: 'open' }, async ({ request }) => {
  const { cookie, next } = await signOut(request.headers);
  return reply(200, { next }, { 'set-cookie': cookie });
});

export const { PUT, PATCH, OPTIONS } = othersThan('GET', 'POST', 'DELETE');
