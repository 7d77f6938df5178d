import type { z } from 'zod';
import type { rightsAnswer } from '@/lib/api/access';
import { describeError } from '@/lib/postgres/errors';
import type { Server } from '@/lib/runtime';
import { rightsOf, rightsSql, type Use } from './rights';

/** Answer of `GET /api/servers/:server/rights`; `same`: one role does both. */
export type RightsAnswer = z.infer<typeof rightsAnswer>;

/** What one of pgdeck's roles may do on a server. */
export type RoleRights = RightsAnswer['reading'];

/** One right of a role as it is now; `grantSql` where it is lacking. */
export type RightNow = Extract<RoleRights, { status: 'ok' }>['rights'][number];

type Row = { role: string; database: string; superuser: boolean } & Record<string, boolean | string | string[]>;

const shareForMs = 10_000;
const latest = new WeakMap<Server, { at: number; answer: Promise<RightsAnswer> }>();

/** What the roles that pgdeck was given may do on a server, asked over their own connections; who asks within 10 s shares one. */
export function readRights(server: Server): Promise<RightsAnswer> {
  const last = latest.get(server);
  if (last && Date.now() - last.at < shareForMs) return last.answer;
  const answer = ask(server);
  latest.set(server, { at: Date.now(), answer });
  return answer;
}

async function ask({ config, connections }: Server): Promise<RightsAnswer> {
  const { read, action } = config;
  const [reading, acting] = await Promise.all([
    roleRights(
      'reading',
      read.user,
      async (major) =>
        (await connections.ask<Row>('pinned', undefined, rightsSql('reading', major), [], { rarely: true }))[0],
      connections,
    ),
    roleRights(
      'acting',
      action.user,
      (major) =>
        connections.signal(async (query) => (await query(rightsSql('acting', major))).rows[0] as Row | undefined),
      connections,
    ),
  ]);
  return {
    askedAt: new Date().toISOString(),
    same: read.user === action.user && read.host === action.host,
    reading,
    acting,
  };
}

async function roleRights(
  use: Use,
  role: string,
  question: (major: number) => Promise<Row | undefined>,
  connections: Server['connections'],
): Promise<RoleRights> {
  try {
    const { major } = connections.capabilities ?? (await connections.probe());
    const row = await question(major);
    if (!row) throw new Error('Connection terminated');
    return {
      use,
      status: 'ok',
      role: row.role,
      database: row.database,
      superuser: row.superuser,
      rights: judged(use, major, row),
    };
  } catch (error) {
    const { reason, sentence, hint } = describeError(error);
    return { use, status: 'unavailable', role, reason, hint: `${sentence} ${hint}` };
  }
}

function judged(use: Use, major: number, row: Row): RightNow[] {
  return rightsOf(use, major).map(({ id, title, lets, without, optional = false, grant }) => {
    const lacking = (row[`missing:${id}`] ?? []) as string[];
    const has = row[id] === true;
    const { role, database } = row;
    return {
      id,
      title,
      lets,
      has,
      optional,
      ...(!has && { without, grantSql: grant({ role, database, missing: lacking }) }),
      ...(!has && lacking.length > 0 && { missing: lacking }),
    };
  });
}
