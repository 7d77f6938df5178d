import { othersThan, route } from '@/lib/access/route';
import { actionChoices } from '@/lib/api/actions';
import { findServer } from '@/lib/read';
import { choicesOf } from '@/lib/runner/choices';

/** `GET /api/servers/:server/actions/choices?kind=&database=&search=&relkinds=&partition=`: what an action can be done to, at most 50. */
export const GET = route(actionChoices, async ({ params, query, access }) => ({
  choices: await choicesOf(findServer(params.server), access, query),
}));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
