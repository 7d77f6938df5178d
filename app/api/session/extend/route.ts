import { ApiError } from '@/lib/access/errors';
import { othersThan, route } from '@/lib/access/route';
import { answerWith } from '@/lib/access/session/answer';
import { extendSession, sessionBehind } from '@/lib/access/session/session';
import { extendSession as contract } from '@/lib/api/session';

/** `POST /api/session/extend`: somebody did something; the session does not end for idleness for another hour. */
export const POST = route(contract, async ({ user, request: { headers } }) => {
  const session = await sessionBehind(user, headers);
  if (!session) throw new ApiError(409, 'no_session', 'There is no session here that could end.');
  return answerWith([await extendSession(session)]);
});
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
