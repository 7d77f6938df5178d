import { ApiError, notFound } from '@/lib/access/errors';
import { homeOf, noDatabase, requireDatabase, type ServerAccess } from '@/lib/access/server-access';
import { requireRole } from '@/lib/access/user';
import type { Place } from '@/lib/cache/answer-cache';
import { describeError, type Problem } from '@/lib/postgres/errors';
import type { Keep } from '@/lib/runner/choices';
import { runtime, type Server } from '@/lib/runtime';
import { describeLock } from '@/lib/sampler/lock-holder';
import { forcedEveryMs } from '@/lib/sampler/sampler';

/** What was asked and is kept for a while, or why it cannot be told now, with the last of it that is known. */
export type Kept<Value> =
  | { status: 'ok'; ageSeconds: number; value: Value }
  | ({ status: 'unavailable'; hint: string; last?: { ageSeconds: number; value: Value } } & Omit<
      Problem,
      'sentence' | 'hint'
    >);

/** Where something is kept on a server. */
type Spot = Omit<Place, 'server'>;

/**
 * What is kept at a place, or what the question brings; a lock, a timeout or a server that is away is a value. `fresh` asks
 * anew: for operators, once per 5 s. What is kept is what the server answered: what a person may not see of it is theirs to
 * leave out who call this.
 */
export async function keptAnswer<Value extends object>(
  { config, connections }: Server,
  access: ServerAccess,
  spot: Spot,
  ask: () => Promise<Value>,
  fresh: boolean,
): Promise<Kept<Value>> {
  const { cache } = runtime();
  const place: Place = { ...spot, server: config.id };
  const before = cache.last<Value>(place);
  if (fresh) {
    requireRole({ name: access.user.name, role: access.roleOn(spot.database) ?? access.role }, 'operator');
    if (before && before.ageSeconds * 1000 < forcedEveryMs)
      throw new ApiError(429, 'busy', 'This was asked again less than 5 s ago. Wait a moment.');
  }
  try {
    return { status: 'ok', ...(await cache.read(place, ask, { fresh })) };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const found = describeError(error);
    const { sentence, hint, ...problem } = found.reason === 'locked' ? await describeLock(connections, found) : found;
    return { status: 'unavailable', ...problem, hint: `${sentence} ${hint}`, ...(before && { last: before }) };
  }
}

/** The database that somebody means and may see; 404 where there is none. */
export function databaseOf({ config, connections }: Server, access: ServerAccess, named: string | undefined): string {
  const known = connections.capabilities?.databases;
  const database = named || homeOf(access, config, known);
  requireDatabase(access, config.id, database);
  // A failed attempt to connect would make every other question to this server wait.
  if (known && !known.includes(database)) throw noDatabase(config.id, database);
  return database;
}

/** The only row of a question over one thing; 404 where there is none. */
export async function oneOf<Row>(
  { connections }: Server,
  database: string,
  { text, values }: { text: string; values: unknown[] },
  missing: string,
): Promise<Row> {
  const [row] = await connections.ask<Row>('walking', database, text, values, { rarely: true });
  if (!row) throw notFound(missing);
  return row;
}

/** An answer with its value under the name that it has for readers. */
export function named<Name extends string, Value>(name: Name, answer: Kept<Value>) {
  const aged = ({ ageSeconds, value }: { ageSeconds: number; value: Value }) =>
    ({ ageSeconds, [name]: value }) as { ageSeconds: number } & { [Key in Name]: Value };
  if (answer.status === 'ok') return { status: 'ok' as const, ...aged(answer) };
  const { reason, hint, fixSql, sqlstate, last } = answer;
  return {
    status: 'unavailable' as const,
    reason,
    hint,
    ...(fixSql !== undefined && { fixSql }),
    ...(sqlstate !== undefined && { sqlstate }),
    ...(last && { last: aged(last) }),
  };
}

/** Keeps lists of a server. */
export function keepLists({ config }: Server): Keep {
  return async (spot, ask) => (await runtime().cache.read({ kind: 'lists', server: config.id, ...spot }, ask)).value;
}
