import { othersThan, route } from '@/lib/access/route';
import { actionChoices } from '@/lib/api/actions';
import { keepLists } from '@/lib/objects/kept';
import { findServer } from '@/lib/read';
import { choicesOf } from '@/lib/runner/choices';

/** `GET /api/servers/:server/actions/choices?kind=&database=&search=&relkinds=&partition=`: what an action can be done to, at most 50. */
export const GET = route(actionChoices, async ({ params, query, access }) => {
  const server = findServer(params.server);
  return { choices: await choicesOf(server, access, query, keepLists(server)) };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
