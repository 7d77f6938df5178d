import { randomUUID } from 'node:crypto';
import { ApiError, badInput, notFound } from '@/lib/access/errors';
import { accessTo, coversAll, requireDatabase, requireFullWindow, type ServerAccess } from '@/lib/access/server-access';
import { personOf, type User } from '@/lib/access/user';
import type { Preview, PreviewBody } from '@/lib/actions/protocol';
import type { AuditRecord } from '@/lib/audit/audit';
import { sameTyped } from '@/lib/format';
import type { Run } from '@/lib/history/store';
import { requests } from '@/lib/metrics/request';
import type { Server } from '@/lib/runtime';
import { checkWhen, dueAfter } from './cron';
import { canBeAway, databasesOf, keptOf, makerNow } from './maker';
import { clusterOf, type Parts, problemOf, recordOf } from './parts';
import { previewOf } from './preview-of';
import {
  type ChangeBody,
  type CreateBody,
  type Created,
  type Schedule,
  type SchedulesAnswer,
  schedulable,
} from './shapes';
import { changeRow, deleteRow, findRow, insertRow, listRows, type Row, scheduleOf } from './table';

const mostOfServer = 100;

/** The schedules of all servers: made, listed, changed and deleted, each change written down before it is made. */
export class Schedules {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The schedules of a server of which somebody is admin; `unavailable` says why there are none to be had. */
  async list(serverId: string, user: User): Promise<SchedulesAnswer> {
    const { server, access } = this.#seen(serverId, user);
    const { store, enabled } = this.#parts;
    const answer = { enabled, actions: schedulable, schedules: [] };
    if (!store.on) return { ...answer, unavailable: this.#off() };
    const rows = (await listRows(store.query, serverId)).filter((row) => isTheirs(access, row));
    const now = this.#now();
    const shown = rows.map(async (row) => scheduleOf(row, now, await this.#problem(row, server)));
    return { ...answer, schedules: await Promise.all(shown) };
  }

  /** Makes a schedule from a preview that is made here; a dry run only looks. Errors are `ApiError`. */
  async create(serverId: string, asked: CreateBody, user: User): Promise<Created> {
    const { server, access } = this.#seen(serverId, user);
    const query = this.#query();
    const { title, cron, timeZone, body } = asked;
    const databases = databasesOf(body);
    for (const database of databases ?? []) requireDatabase(access, serverId, database);
    requireMaker(access, databases);
    const now = this.#now();
    checkWhen({ cron, timeZone }, now);
    if (!schedulable.includes(body.action))
      throw badInput(`body.action: only ${schedulable.join(', ')} can be run at times.`, 'body.action');
    if (body.action === 'create-partition' && body.options?.ahead === undefined)
      throw badInput('body.options: the same partition cannot be made again and again; give ahead.', 'body.options');
    const preview = await previewOf(this.#parts.runner, serverId, body, user);
    if (preview.onlyShown)
      throw new ApiError(422, 'only_shown', 'This is a plan to be read: pgdeck does not run it.', 'body');
    const due = dueAfter({ cron, timeZone }, now) as number;
    const next = new Date(due).toISOString();
    if (asked.dryRun) return { preview, next };
    const row: Row = {
      ...none,
      id: randomUUID(),
      server: serverId,
      cluster: clusterOf(server),
      title,
      cron,
      time_zone: timeZone,
      body: JSON.stringify(body),
      subject: preview.title,
      confirm: preview.confirm,
      created_by: user.name,
      maker: keptOf(user),
      created_at: now,
      due,
    };
    await this.#confirmed(server, row, preview, asked.confirmText, user);
    if ((await listRows(query, serverId)).length >= mostOfServer)
      throw new ApiError(422, 'too_many', `A server has at most ${mostOfServer} schedules. Delete one first.`);
    await this.#note(server, row, user, 'schedule_created', { cron, timeZone });
    await insertRow(query, { ...row, due });
    this.#tell(server, `Schedule "${title}" made`, row, user);
    return { schedule: scheduleOf(row, now), preview, next };
  }

  /** Changes what is given of a schedule; its next due time is reckoned anew. */
  async change(serverId: string, id: string, asked: ChangeBody, user: User): Promise<Schedule> {
    const { server, access } = this.#seen(serverId, user);
    requireFullWindow(access);
    const query = this.#query();
    const before = await this.#row(query, access, serverId, id);
    const now = this.#now();
    const after: Row = {
      ...before,
      title: asked.title ?? before.title,
      cron: asked.cron ?? before.cron,
      time_zone: asked.timeZone ?? before.time_zone,
      enabled: asked.enabled ?? before.enabled,
    };
    const when = { cron: after.cron, timeZone: after.time_zone };
    checkWhen(when, now);
    after.due = after.enabled ? (dueAfter(when, now) ?? null) : null;
    await this.#note(server, before, user, 'schedule_changed', { change: asked });
    if (!(await changeRow(query, after))) throw notFound(`There is no schedule "${id}" any more.`);
    this.#tell(server, `Schedule "${after.title}" ${wordOf(before, after)}`, after, user);
    return scheduleOf(after, now, await this.#problem(after, server));
  }

  /** Deletes a schedule; what it runs now goes on. */
  async remove(serverId: string, id: string, user: User): Promise<void> {
    const { server, access } = this.#seen(serverId, user);
    requireFullWindow(access);
    const query = this.#query();
    const row = await this.#row(query, access, serverId, id);
    await this.#note(server, row, user, 'schedule_deleted', { cron: row.cron, timeZone: row.time_zone });
    await deleteRow(query, id);
    this.#tell(server, `Schedule "${row.title}" deleted`, row, user);
  }

  async #confirmed(server: Server, row: Row, preview: Preview, text: string | undefined, user: User): Promise<void> {
    const { confirm, confirmText } = preview;
    if (confirm !== 'typed' || sameTyped(text, confirmText)) return;
    const message = `Type ${confirmText} to confirm. Nothing was made.`;
    await this.#note(server, row, user, 'denied', { status: 422, code: 'confirm_mismatch', message });
    throw new ApiError(422, 'confirm_mismatch', message, 'confirmText');
  }

  #now(): number {
    return this.#parts.now?.() ?? this.#parts.store.now();
  }

  /** Why a schedule will not run now, whatever the time is. */
  async #problem(row: Row, server: Server): Promise<string | undefined> {
    return problemOf(row, server) ?? (await makerNow(row, asWritten(row), server, this.#parts.access)).why;
  }

  #seen(id: string, user: User): { server: Server; access: ServerAccess } {
    const server = this.#parts.servers.get(id);
    const access = server && accessTo(user, server.config, this.#parts.access);
    if (!server || !access) throw notFound(`There is no server "${id}". GET /api/servers lists them.`);
    return { server, access };
  }

  #query(): Run {
    const { store } = this.#parts;
    if (store.on) return store.query;
    const { reason, hint } = this.#off();
    throw new ApiError(503, 'history_unavailable', `${reason} ${hint}`, undefined, { 'retry-after': '15' });
  }

  #off(): { reason: string; hint: string } {
    const { status, reason } = this.#parts.store.state;
    if (status === 'off')
      return {
        reason: 'Schedules are kept in the history store, and nothing is stored: PGDECK_HISTORY is off.',
        hint: 'Start pgdeck with PGDECK_HISTORY=on. Nothing is run at times meanwhile.',
      };
    return {
      reason: `Schedules are kept in the history store, which is not on now. ${reason ?? 'It is being started.'}`,
      hint: 'It is tried again by itself; what is due meanwhile is told as missed.',
    };
  }

  async #row(query: Run, access: ServerAccess, serverId: string, id: string): Promise<Row> {
    const row = await findRow(query, serverId, id);
    if (!row || !isTheirs(access, row)) throw notFound(`There is no schedule "${id}" of ${serverId}.`);
    return row;
  }

  async #note(server: Server, row: Row, user: User, event: string, more: Partial<AuditRecord>): Promise<void> {
    const requestId = requests.getStore()?.requestId;
    const record: AuditRecord = {
      ...recordOf(server, row),
      event,
      ...(requestId !== undefined && { requestId }),
      user: personOf(user),
      ...more,
    };
    await this.#parts.audit.write(record).catch((error: Error) => {
      throw new ApiError(503, 'audit_unwritable', `${error.message} The schedule is as it was.`);
    });
  }

  #tell(server: Server, title: string, row: Row, user: User): void {
    server.sampler.history.changes.add({
      kind: 'action',
      title,
      detail: { schedule: row.title, action: row.subject, cron: row.cron, timeZone: row.time_zone },
      actor: user.name,
    });
  }
}

const none = {
  enabled: true,
  holder: null,
  held_at: null,
  run_id: null,
  last_at: null,
  last_status: null,
  last_message: null,
  last_run: null,
  missed: 0,
  missed_at: null,
};

/** Whether somebody is admin of what a schedule is about: others do not know of it. */
function isTheirs(access: ServerAccess, row: Row): boolean {
  return coversAll(access, 'admin', databasesOf(asWritten(row)));
}

/** What it does, also where this version cannot run it any more. */
function asWritten({ body }: Row): PreviewBody {
  return JSON.parse(body);
}

/** Throws unless somebody may have something run in their name while they are away. */
function requireMaker(access: ServerAccess, databases: string[] | null): void {
  const { name } = access.user;
  if (!coversAll(access, 'admin', databases))
    throw new ApiError(403, 'forbidden', `This needs the role admin there; ${name} does not have it.`);
  if (!canBeAway(access.user))
    throw new ApiError(403, 'forbidden', 'Who comes through a portal cannot be looked up later: open pgdeck itself.');
}

function wordOf(before: Row, after: Row): string {
  if (before.enabled === after.enabled) return 'changed';
  return after.enabled ? 'switched on' : 'switched off';
}
