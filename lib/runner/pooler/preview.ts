import { ApiError } from '@/lib/access/errors';
import type { PoolerAction, PoolerGiven } from '@/lib/actions/pooler';
import type { PoolerTarget } from '@/lib/actions/target';
import type { Server } from '@/lib/runtime';
import type { Draft } from '../draft';
import { fingerprintOf, isOwnWay, poolerNow } from './now';

/** What a command to PgBouncer would do; 404 where it has no such database, 422 where the action is not for it now. */
export async function previewPooler(
  action: PoolerAction,
  target: PoolerTarget,
  options: Record<string, unknown>,
  server: Server,
): Promise<Draft> {
  const { console } = server.sampler;
  const now = await poolerNow(async (command) => (await console.send(command)).rows, target, server.config);
  if (target.kind === 'pgbouncer-database' && now.databases.length === 0 && target.name !== 'pgbouncer')
    throw new ApiError(404, 'not_found', `PgBouncer has no database "${target.name}" now.`, 'target.name');
  const given: PoolerGiven = { target, now, options, ownWay: isOwnWay(server.config, target) };
  const refused = action.refuse?.(given);
  if (refused) throw new ApiError(422, refused.code, `${refused.message} Nothing was done.`);
  const plan = action.plan(given);
  return {
    typed: target.kind === 'pgbouncer' ? 'pgbouncer' : target.name,
    epoch: '',
    // It is about whoever is connected there, and not about one database of the server.
    databases: null,
    plan: { kind: 'pooler', action, target, given, plan, fingerprint: fingerprintOf(now, target, server.config) },
    preview: {
      action: action.id,
      title: plan.question,
      target,
      effect: plan.effect,
      facts: [{ label: 'PgBouncer', value: now.version }, ...leadsTo(given), ...plan.facts],
      estimates: [],
      past: [],
      inTransaction: false,
      sql: [plan.command],
      role: `${now.user} of PgBouncer`,
      guard:
        target.kind === 'pgbouncer'
          ? 'The command is sent once, over a connection of its own to the console.'
          : 'Host, port, database and user behind the name are read again just before, on the connection that acts, and no other command than this is sent.',
      locks: [],
      waitsFor: [],
      wouldQueue: [],
      warnings: plan.warnings,
      ...(plan.undo && { undo: plan.undo }),
    },
  };
}

function leadsTo({ now, target }: PoolerGiven): { label: string; value: string }[] {
  const [database] = now.databases;
  if (target.kind === 'pgbouncer' || !database) return [];
  const { host, port, database: name, force_user } = database;
  return [
    {
      label: 'Leads to',
      value: `${name ?? target.name} at ${host ?? 'the Unix socket'}, port ${port ?? 'unknown'}${force_user ? `, as ${force_user}` : ''}`,
    },
  ];
}
