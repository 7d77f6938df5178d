import { ApiError } from '@/lib/access/errors';
import { type ServerAccess, seesDatabase } from '@/lib/access/server-access';
import type { Given, Plan, Step, WorkAction } from '@/lib/actions/action';
import type { Subject } from '@/lib/actions/subjects/subject';
import type { WorkTarget } from '@/lib/actions/target';
import type { Audit } from '@/lib/audit/audit';
import { plural } from '@/lib/format';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import type { Server } from '@/lib/runtime';
import type { Draft } from './draft';
import { type Actor, actor, look } from './look';
import { preflight } from './preflight';
import { databaseOf, detailsNow, type Reads, restoredFrom, subjectNow } from './subject-now';

/** What an action would do to a subject; 404 where it is gone, 422 where the action is not for it or for this server. */
export async function previewWork(
  action: WorkAction,
  target: WorkTarget,
  options: Record<string, unknown>,
  { server, access, audit }: { server: Server; access: ServerAccess; audit: Audit },
): Promise<Draft> {
  const { connections } = server;
  const restored =
    target.kind === 'run'
      ? await restoredFrom(target.runId, audit, server, (database) => seesDatabase(access, database))
      : undefined;
  // A failed attempt to connect would make every other question to this server wait.
  const databases = connections.capabilities?.databases;
  const named = restored?.database ?? ('database' in target ? target.database : undefined);
  if (databases && named !== undefined && !databases.includes(named))
    throw new ApiError(404, 'not_found', `There is no database "${named}" to connect to.`, 'target.database');
  const read = async (query: Reads, who: Actor) => {
    const reader = { role: who.role, major: who.major, home: who.database };
    const subject = restored ?? (await subjectNow(query, target, reader));
    return givenNow(query, action, subject, options, who);
  };
  const { who, own } = await look(connections, async (query) => {
    const who = await actor(query);
    refuseHere(action, who, connections);
    // In the database that the role is connected to, the connection that acts also looks.
    const home = (restored?.database ?? databaseIn(target, who)) === who.database;
    return { who, own: home ? await read(query, who) : undefined };
  });
  const database = restored?.database ?? databaseIn(target, who);
  const elsewhere: Reads = async (text, values) => ({ rows: await connections.ask('walking', database, text, values) });
  const given = own ?? (await read(elsewhere, who));
  const refused = action.refuse?.(given);
  if (refused) throw new ApiError(422, refused.code, `${refused.message} Nothing was done.`);
  const plan = action.plan(given);
  const found = await preflight({ server, access, plan, subject: given.subject, action, who, audit, elsewhere });
  const holders = found.waitsFor.filter(({ granted }) => granted).length;
  return {
    typed: plan.typed,
    epoch: who.epoch,
    databases: databasesOf(given.subject),
    plan: { kind: 'work', action, target, given, plan },
    preview: {
      action: action.id,
      title: plan.question,
      target,
      effect: plan.effect,
      facts: plan.facts,
      estimates: found.estimates,
      past: found.past,
      inTransaction: plan.steps.every(({ inTransaction }) => inTransaction),
      ...(plan.onlyShown && { onlyShown: true as const }),
      sql: plan.steps.map(({ sql }) => sql),
      role: who.role,
      guard: guardWords(given.subject),
      locks: found.locks,
      waitsFor: found.waitsFor,
      wouldQueue: found.wouldQueue,
      warnings: [
        who.superuser
          ? `Role ${who.role} is a superuser: PostgreSQL refuses it nothing. Give pgdeck a role that owns what it should maintain instead.`
          : plan.missingRight,
        ...plan.warnings,
        ...found.warnings,
        holders > 0 ? held(holders, plan.steps) : undefined,
      ].filter((warning) => warning !== undefined),
      ...(plan.undo && { undo: plan.undo }),
    },
  };
}

/** The databases that a subject is in; null: it belongs to the whole server, wherever the statement is run. */
function databasesOf(subject: Subject): string[] | null {
  const { kind, database } = subject;
  const ofServer = ['server', 'setting', 'slot', 'prepared', 'statement'].includes(kind);
  return ofServer || (kind === 'relation' && subject.shared) || database === '' ? null : [database];
}

/** What an action is given, read over one connection. */
export async function givenNow(
  query: Reads,
  action: WorkAction,
  subject: Subject,
  options: Record<string, unknown>,
  { role, superuser, major }: Actor,
): Promise<Given> {
  const given = { subject, options, actor: { role, superuser, major } };
  return { ...given, details: await detailsNow(query, action, given) };
}

/** The statements of a plan: others than previewed are never run. */
export function statementsOf(plan: Plan): string {
  return JSON.stringify(plan.steps.map(({ sql }) => sql));
}

function databaseIn(target: WorkTarget, who: Actor): string {
  return databaseOf(target, { role: who.role, major: who.major, home: who.database });
}

function refuseHere(action: WorkAction, who: Actor, connections: ServerConnections): void {
  if (!action.onStandby && who.in_recovery)
    throw new ApiError(
      422,
      'standby',
      'This server is a standby and only answers reads: run it on the primary. Nothing was done.',
    );
  // Only the way of the role that acts counts, and it has been used just now.
  if (connections.actionPooled)
    throw new ApiError(
      422,
      'pooler',
      'This needs a session of its own, and a transaction pooler stands between. Give pgdeck a direct address (PGDECK_ACTION_URL).',
    );
}

function held(holders: number, steps: Step[]): string {
  const who = `${plural(holders, 'session')} ${holders === 1 ? 'stands' : 'stand'} in the way now`;
  return steps.some(({ wait }) => wait === 'brief')
    ? `${who}: it waits at most 2 s for the lock, then tries again later, and gives up after some tries.`
    : `${who}: it waits until they are gone, and can be cancelled.`;
}

function guardWords({ kind }: Subject): string {
  return kind === 'relation' || kind === 'index'
    ? 'Schema, name, kind and definition behind the OID are read again just before, on the session that acts, and other statements than these are not run. PostgreSQL itself goes by the name.'
    : 'What it is done to is read again just before, on the session that acts, and other statements than these are not run.';
}
