import { countKinds, kindOf, type Session, type SessionKind } from './session-kind';

/** What sessions can be grouped by. */
export const groupings = ['application', 'user', 'client', 'database'] as const;

export type Grouping = (typeof groupings)[number];

/** The name of the group a session is in; one without it is in a group such as `no name`. */
export function groupOf(session: Session, by: Grouping): string {
  const value = {
    application: session.application_name,
    user: session.usename,
    client: session.client_addr,
    database: session.datname,
  }[by];
  return value || nameless[by];
}

const nameless: Record<Grouping, string> = {
  application: 'no name',
  user: 'no role',
  client: 'local socket',
  database: 'no database',
};

/** What the page shows of all sessions; what is missing does not filter. */
export type Choice = {
  kind?: SessionKind | undefined;
  /** Words that must all be found in PID, user, application, client, database or statement. */
  text?: string | undefined;
  group?: { by: Grouping; name: string } | undefined;
  /** False: idle sessions are left out, unless they are what was asked for. */
  idle?: boolean | undefined;
};

/** The sessions of a choice, in the order they came. */
export function choose(sessions: Session[], { kind, text, group, idle }: Choice): Session[] {
  const words = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return sessions.filter((session) => {
    const its = kindOf(session);
    if (kind ? its !== kind : its === 'idle' && idle === false) return false;
    if (group && groupOf(session, group.by) !== group.name) return false;
    if (words.length === 0) return true;
    const all = searchable(session);
    return words.every((word) => all.includes(word));
  });
}

function searchable(session: Session): string {
  return [
    session.pid,
    session.usename,
    session.application_name,
    session.client_addr,
    session.datname,
    session.query,
    session.wait_event,
  ]
    .join('\n')
    .toLowerCase();
}

/** One row of the grouped table. */
export type Group = {
  name: string;
  sessions: number;
  waiting: number;
  active: number;
  idle_in_transaction: number;
  idle: number;
  other: number;
  /** Age in seconds of the oldest open transaction; null where none is open. */
  oldest_xact_seconds: number | null;
};

/** Sessions counted by group, the largest first. */
export function groupSessions(sessions: Session[], by: Grouping): Group[] {
  const groups = new Map<string, Session[]>();
  for (const session of sessions) {
    const name = groupOf(session, by);
    const group = groups.get(name);
    if (group) group.push(session);
    else groups.set(name, [session]);
  }
  return [...groups]
    .map(([name, members]) => {
      const { 'idle-in-transaction': idleInTransaction, ...counts } = countKinds(members);
      const ages = members.map((session) => session.xact_seconds).filter((age) => age !== null);
      return {
        name,
        sessions: members.length,
        ...counts,
        idle_in_transaction: idleInTransaction,
        oldest_xact_seconds: ages.length > 0 ? Math.max(...ages) : null,
      };
    })
    .sort((a, b) => b.sessions - a.sessions || a.name.localeCompare(b.name));
}

/** A session as lines of text, to paste into a message. */
export function asText(session: Session): string {
  const lines: [string, string | number | null][] = [
    ['session', session.pid],
    ['user', session.usename],
    ['application', session.application_name],
    ['client', session.client_addr],
    ['database', session.datname],
    ['state', session.state],
    ['wait', [session.wait_event_type, session.wait_event].filter(Boolean).join(': ') || null],
    ['transaction open for', seconds(session.xact_seconds)],
    ['statement began', session.query_seconds === null ? null : `${seconds(session.query_seconds)} ago`],
    ['waits for', session.blocked_by.join(', ') || null],
    ['keeps waiting', session.blocks || null],
    ['statement', session.query],
  ];
  return lines
    .filter(([, value]) => value !== null && value !== '')
    .map(([label, value]) => `${label}: ${value}`)
    .join('\n');
}

const seconds = (value: number | null) => (value === null ? null : `${Math.round(value * 10) / 10} s`);
