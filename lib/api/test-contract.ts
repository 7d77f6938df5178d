import { z } from 'zod';
import type { Contract } from './contract';

type Given<Params, Query, Body> = Pick<Contract<Params, Query, Body>, 'role'> & Partial<Contract<Params, Query, Body>>;

/** A contract of which a test names what it is about; it answers anything. */
export function testContract<Params = Record<string, string>, Query = Record<string, string>, Body = undefined>(
  given: Given<Params, Query, Body>,
) {
  const answers = { 200: { what: 'Anything.', json: z.unknown() } };
  return { method: 'GET' as const, path: '/api/x' as const, title: 'X', summary: 'Gives x.', ...given, answers };
}
