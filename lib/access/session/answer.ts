import type { SessionAnswer, SessionServer } from '@/lib/client/shapes';
import { runtime } from '@/lib/runtime';
import { type ServerAccess, serversFor, whyNot } from '../server-access';
import type { User } from '../user';
import { endsOf, type Session, sessionOf, userOfSession } from './session';

/** Who somebody is and what they may do, as pages need it to show what is theirs. */
export function sessionAnswer(user: User, session: Session | undefined): SessionAnswer {
  const { name, role, mode } = user;
  const ends = session && endsOf(session);
  return {
    // A schedule acts; it asks nothing.
    user: { name, role, mode: mode as SessionAnswer['user']['mode'] },
    now: new Date().toISOString(),
    expiresAt: iso(ends?.expiresAt),
    idleExpiresAt: iso(ends?.idleExpiresAt),
    servers: Object.fromEntries(
      serversFor(user).map(({ server, access }) => [
        server.config.id,
        onServer(access, namedDatabases(server.config.id)),
      ]),
    ),
  };
}

/** The answer that goes with new cookies, the first of which is the session's. */
export async function answerWith(cookies: string[]): Promise<Response> {
  const sent = new Headers({ cookie: cookies[0]?.split(';')[0] ?? '' });
  const response = Response.json(sessionAnswer(await userOfSession(sent), await sessionOf(sent)));
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}

function onServer(access: ServerAccess, named: string[]): SessionServer {
  const why = (database: string | null) => ({
    operator: whyNot(access, 'operator', database) ?? null,
    admin: whyNot(access, 'admin', database) ?? null,
  });
  const whole = why(null);
  const others = named
    .filter((database) => access.roleOn(database) !== undefined)
    .map((database) => [database, why(database)] as const)
    .filter(([, { operator, admin }]) => operator !== whole.operator || admin !== whole.admin);
  return {
    role: access.role,
    databases: access.databases ? [...access.databases] : null,
    queryText: access.queryText,
    whyNot: whole,
    ...(others.length > 0 && { whyNotIn: Object.fromEntries(others) }),
  };
}

/** The databases that the rules of a server name. */
function namedDatabases(id: string): string[] {
  const rules = runtime().servers.get(id)?.config.access ?? [];
  return [...new Set(rules.flatMap(({ databases = [] }) => databases))];
}

const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
