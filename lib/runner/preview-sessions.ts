import { ApiError, badInput } from '@/lib/access/errors';
import { type ServerAccess, seesDatabase } from '@/lib/access/server-access';
import type { SignalAction } from '@/lib/actions/action';
import type { Member, Preview } from '@/lib/actions/protocol';
import { databasesSql, matchingSql, type Session, statesOf } from '@/lib/actions/session';
import type { BackendsTarget, BackendTarget } from '@/lib/actions/target';
import { durationInWords, list, plural } from '@/lib/format';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import type { Draft } from './draft';
import { type Actor, actor, heldBy, look, type Names, namesOf, sessionOf, type Waiter, waitersOf } from './look';
import { age } from './words';

/** How many sessions one bulk action takes at most. */
export const mostMembers = 200;

const superuserWarning = (role: string) =>
  `Role ${role} is a superuser: PostgreSQL refuses it nothing. Give pgdeck a role with pg_signal_backend instead.`;

/** What would happen to one session; 409 where it is another one by now, or where there is nothing to do. */
export async function previewSession(
  action: SignalAction,
  target: BackendTarget,
  connections: ServerConnections,
  access: ServerAccess,
): Promise<Draft> {
  if (action.needsQueryStart && target.query_start_us === undefined)
    throw badInput('target.query_start_us: is needed to name the statement.', 'target.query_start_us');
  return look(connections, async (query) => {
    const who = await actor(query);
    const found = await sessionOf(query, target.pid);
    const names = await namesOf(query, found ? [found] : [], who);
    const database = found && names.known(found.database_oid);
    const session = offered(action, target, seesDatabase(access, database) ? found : undefined);
    const held = await heldBy(query, session.pid);
    const waiters = await waitersOf(query, [session.pid]);
    const { pid } = session;
    const application = session.application_name || 'no application name';
    const warnings = [
      who.superuser ? superuserWarning(who.role) : names.refuses(session.user_oid),
      session.writes && action.id === 'terminate'
        ? 'Its transaction has written: what it wrote is rolled back.'
        : undefined,
      ...nextInLine(action, pid, waiters),
    ].filter((warning) => warning !== undefined);
    const facts = [
      { label: 'Session', value: `${pid} · ${application}` },
      {
        label: 'Role and database',
        value: `${names.role(session.user_oid)} in ${names.database(session.database_oid)}`,
      },
      { label: 'Client', value: session.client ?? 'local socket' },
      { label: 'State', value: `${session.state ?? 'unknown'} for ${age(session.state_seconds)}` },
      { label: 'Connected', value: `${age(session.session_seconds)} ago` },
      ...(session.transaction_seconds === null
        ? []
        : [{ label: 'Transaction', value: `open for ${age(session.transaction_seconds)}` }]),
      {
        label: 'Holds',
        value:
          list(
            held.map(({ mode, relation }) => `${mode} on ${relation}`),
            5,
          ) || 'no lock on a table',
      },
      ...(waiters.length > 0 ? [{ label: 'Waiting for it', value: plural(waiters.length, 'session') }] : []),
    ];
    return draft(action, target, who, {
      title: action.words.question(pid),
      facts,
      warnings,
      members: [member(session, names)],
      databases: database === undefined ? null : [database],
      states: undefined,
      typed: String(pid),
    });
  });
}

/** What would happen to every session of a filter, in the databases where it may be done (undefined: all); who they are is frozen here. */
export async function previewSessions(
  action: SignalAction,
  target: BackendsTarget,
  connections: ServerConnections,
  may: ((database: string) => boolean) | undefined,
): Promise<Draft> {
  const { filter } = target;
  if (!action.bulkStates.includes(filter.state))
    throw badInput(
      `target.filter.state: ${action.id} takes sessions that are ${action.bulkStates.join(' or ')}.`,
      'target.filter.state',
    );
  const states = statesOf(filter.state);
  const which = `${filter.state} for more than ${durationInWords(filter.older_than_seconds)}`;
  return look(connections, async (query) => {
    const who = await actor(query);
    const databases = may && (await query<{ name: string }>(databasesSql)).rows.map(({ name }) => name).filter(may);
    const { rows } = await query<Session>(matchingSql, [
      states,
      filter.older_than_seconds,
      filter.application_name ?? null,
      filter.datname ?? null,
      filter.usename ?? null,
      mostMembers + 1,
      databases ?? null,
    ]);
    const sessions = rows.slice(0, mostMembers);
    const oldest = sessions[0];
    if (!oldest) throw new ApiError(422, 'nothing_to_do', `No session is ${which} now.`);
    const names = await namesOf(query, sessions, who);
    const waiters = await waitersOf(
      query,
      sessions.map(({ pid }) => pid),
    );
    const refused = sessions.filter(({ user_oid }) => names.refuses(user_oid) !== undefined);
    const writing = sessions.filter(({ writes }) => writes);
    const warnings = [
      who.superuser ? superuserWarning(who.role) : undefined,
      rows.length > mostMembers ? `There are more; only the ${mostMembers} longest are taken.` : undefined,
      refused.length > 0
        ? `PostgreSQL will refuse ${plural(refused.length, 'session')} (42501): ${names.refuses(refused[0]?.user_oid ?? null)}`
        : undefined,
      writing.length > 0 && action.id === 'terminate'
        ? `${plural(writing.length, 'transaction')} wrote: what they wrote is rolled back.`
        : undefined,
      waiters.length > 0
        ? `${plural(waiters.length, 'session')} ${waiters.length === 1 ? 'waits' : 'wait'} for locks of these: the next in line gets each.`
        : undefined,
    ].filter((warning) => warning !== undefined);
    return draft(action, target, who, {
      title: action.words.bulkQuestion(sessions.length, which),
      facts: [
        { label: 'Sessions', value: plural(sessions.length, 'session') },
        { label: 'Longest', value: `${oldest.pid} · ${age(oldest.state_seconds)}` },
        {
          label: 'Applications',
          value: tally(sessions.map((session) => session.application_name || 'no application name')),
        },
        { label: 'Roles', value: tally(sessions.map((session) => names.role(session.user_oid))) },
      ],
      warnings,
      members: sessions.map((session) => member(session, names)),
      databases: databasesOf(sessions, names),
      states,
      typed: String(sessions.length),
    });
  });
}

/** The databases of sessions; null where one of them is in none that is known. */
function databasesOf(sessions: Session[], names: Names): string[] | null {
  const found = [...new Set(sessions.map(({ database_oid }) => names.known(database_oid)))];
  return found.every((name) => name !== undefined) ? found.sort() : null;
}

function draft(
  action: SignalAction,
  target: Preview['target'],
  who: Actor,
  found: Pick<Preview, 'title' | 'facts' | 'warnings'> & {
    members: Member[];
    databases: string[] | null;
    states: string[] | undefined;
    typed: string;
  },
): Draft {
  const { members, databases, states, typed, ...words } = found;
  return {
    typed,
    epoch: who.epoch,
    databases,
    plan: { kind: 'signal', action, members, states },
    preview: {
      ...words,
      action: action.id,
      target,
      effect: action.words.effect,
      sql: members.map((each) => action.sql(each, states && { states })),
      role: who.role,
      guard: states
        ? `${action.words.guard} A session that began another statement meanwhile is left alone.`
        : action.words.guard,
      estimates: [],
      past: [],
      inTransaction: false,
      locks: [],
      waitsFor: [],
      wouldQueue: [],
      members,
    },
  };
}

function offered(action: SignalAction, target: BackendTarget, session: Session | undefined): Session {
  const refusal = (status: number, code: string, message: string) =>
    new ApiError(status, code, `${message} Nothing was done.`);
  if (!session) throw refusal(409, 'target_changed', `Session ${target.pid} is no longer there.`);
  if (session.backend_start_us === null)
    throw refusal(
      422,
      'not_visible',
      `The acting role may not see who session ${target.pid} is; grant pg_read_all_stats or pg_monitor to it.`,
    );
  if (session.backend_start_us !== target.backend_start_us)
    throw refusal(409, 'target_changed', `PID ${target.pid} belongs to another session now.`);
  if (session.own) throw refusal(422, 'own_session', `Session ${target.pid} is pgdeck's own.`);
  if (session.backend_type !== 'client backend')
    throw refusal(
      422,
      'not_a_client',
      `Process ${target.pid} is a ${session.backend_type}; pgdeck signals clients' sessions only.`,
    );
  const refused = action.refuse(session);
  if (refused) throw refusal(refused.code === 'nothing_to_cancel' ? 409 : 422, refused.code, refused.message);
  if (action.needsQueryStart && session.query_start_us !== target.query_start_us)
    throw refusal(409, 'target_changed', `Session ${target.pid} runs another statement now.`);
  return session;
}

function nextInLine(action: SignalAction, pid: number, waiters: Waiter[]): string[] {
  const next = waiters[0];
  if (!next) return [];
  const waits = `${plural(waiters.length, 'session')} ${waiters.length === 1 ? 'waits' : 'wait'} for it.`;
  if (action.id !== 'terminate')
    return [`${waits} The cancel fails its transaction, which releases its locks; those from before a savepoint stay.`];
  const who = `session ${next.pid}${next.application_name ? ` (${next.application_name})` : ''}`;
  const others = next.blocked_by.filter((other) => other !== pid);
  const then =
    others.length === 0
      ? `Next in line is ${who}: it gets ${next.mode} on ${next.relation}, and who is behind it waits for it instead.`
      : `Next in line is ${who}, which also waits for ${list(others.map(String), 3)}.`;
  return [`${waits} ${then}`];
}

function member(session: Session, names: Names): Member {
  const { pid, backend_start_us, query_start_us } = session;
  const application = session.application_name ? ` · ${session.application_name}` : '';
  return {
    pid,
    backend_start_us,
    query_start_us,
    title: `${names.role(session.user_oid)} in ${names.database(session.database_oid)}${application} · ${session.state} for ${age(session.state_seconds)}`,
  };
}

function tally(values: string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return list(
    sorted.map(([value, count]) => `${value} (${count})`),
    4,
  );
}
