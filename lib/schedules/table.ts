import { previewBody } from '@/lib/actions/protocol';
import type { Run } from '@/lib/history/store';
import type { Schedule } from './shapes';

/** A schedule as the store keeps it; times are epoch milliseconds. */
export type Row = {
  id: string;
  server: string;
  /** The identity of the cluster that it was made for; empty where it was not known. */
  cluster: string;
  title: string;
  cron: string;
  time_zone: string;
  body: string;
  subject: string;
  confirm: string;
  enabled: boolean;
  created_by: string;
  /** Who that is, as JSON; null in rows of before. */
  maker: string | null;
  created_at: number;
  due: number | null;
  /** The instance that runs it now, and when it last said so. */
  holder: string | null;
  held_at: number | null;
  run_id: string | null;
  last_at: number | null;
  last_status: string | null;
  last_message: string | null;
  last_run: string | null;
  missed: number;
  missed_at: number | null;
};

/** How it ended. */
export type Ended = { at: number; status: string; message: string; runId: string | null };

const times = ['created_at', 'due', 'held_at', 'last_at', 'missed_at'] as const;
const texts =
  'id, server, cluster, title, cron, time_zone, body, subject, confirm, enabled, created_by, maker, holder, run_id, last_status, last_message, last_run, missed';
const columns = [
  ...texts.split(', ').map((name) => `s.${name}`),
  ...times.map((name) => `round(extract(epoch from s.${name}) * 1000)::float8 as ${name}`),
].join(', ');

/** Who does not say for so long that it runs a schedule has ended. */
export const silentMs = 60_000;

const iso = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : new Date(ms).toISOString());

/** The schedules of a server, in the order of their titles. */
export function listRows(run: Run, server: string): Promise<Row[]> {
  return run<Row>(
    `select /* pgdeck:schedule */ ${columns} from pgdeck.schedule as s where s.server = $1 order by s.title, s.id`,
    [server],
  );
}

/** One schedule of a server. */
export async function findRow(run: Run, server: string, id: string): Promise<Row | undefined> {
  const [row] = await run<Row>(
    `select /* pgdeck:schedule */ ${columns} from pgdeck.schedule as s where s.id = $1 and s.server = $2`,
    [id, server],
  );
  return row;
}

/** Writes a new schedule. */
export async function insertRow(
  run: Run,
  row: Pick<
    Row,
    | 'id'
    | 'server'
    | 'cluster'
    | 'title'
    | 'cron'
    | 'time_zone'
    | 'body'
    | 'subject'
    | 'confirm'
    | 'created_by'
    | 'maker'
  > & { created_at: number; due: number },
): Promise<void> {
  await run(
    `insert /* pgdeck:schedule */ into pgdeck.schedule
  (id, server, cluster, title, cron, time_zone, body, subject, confirm, created_by, created_at, due, maker, enabled, missed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::timestamptz, $12::timestamptz, $13, true, 0)`,
    [
      row.id,
      row.server,
      row.cluster,
      row.title,
      row.cron,
      row.time_zone,
      row.body,
      row.subject,
      row.confirm,
      row.created_by,
      iso(row.created_at),
      iso(row.due),
      row.maker,
    ],
  );
}

/** Changes what people can change; false where there is no such schedule any more. */
export async function changeRow(
  run: Run,
  { id, title, cron, time_zone, enabled, due }: Pick<Row, 'id' | 'title' | 'cron' | 'time_zone' | 'enabled' | 'due'>,
): Promise<boolean> {
  const rows = await run(
    `update /* pgdeck:schedule */ pgdeck.schedule
set title = $2, cron = $3, time_zone = $4, enabled = $5::bool, due = $6::timestamptz where id = $1 returning id`,
    [id, title, cron, time_zone, enabled, iso(due)],
  );
  return rows.length > 0;
}

/** Deletes a schedule. */
export async function deleteRow(run: Run, id: string): Promise<void> {
  await run('delete /* pgdeck:schedule */ from pgdeck.schedule where id = $1', [id]);
}

/** The schedules of some servers that are due, or that somebody runs. */
export function dueRows(run: Run, servers: string[], now: number): Promise<Row[]> {
  return run<Row>(
    `select /* pgdeck:schedule */ ${columns} from pgdeck.schedule as s
where s.server = any ($1::text[]) and (s.enabled and s.due <= $2::timestamptz or s.holder is not null)
order by s.due, s.id`,
    [servers, iso(now)],
  );
}

/**
 * Takes a due time, once over all instances: true for the one that got it. `missed` due times are counted; with a `holder`
 * it is run, which only one may do until it has ended or fallen silent.
 */
export async function claim(
  run: Run,
  { id, due }: Row,
  {
    now,
    next,
    missed,
    missedAt,
    holder,
  }: { now: number; next: number | null; missed: number; missedAt: number | null; holder: string | null },
): Promise<boolean> {
  const rows = await run(
    `update /* pgdeck:schedule */ pgdeck.schedule as s
set due = $3::timestamptz, missed = s.missed + $4::int4, missed_at = coalesce($5::timestamptz, s.missed_at),
  holder = coalesce($6, s.holder), held_at = case when $6::text is null then s.held_at else $7::timestamptz end,
  run_id = case when $6::text is null then s.run_id end
where s.id = $1 and s.due = $2::timestamptz and s.enabled
  and ($6::text is null or s.holder is null or s.held_at < $8::timestamptz)
returning s.id`,
    [id, iso(due), iso(next), missed, iso(missedAt), holder, iso(now), iso(now - silentMs)],
  );
  return rows.length > 0;
}

/** Says that what an instance runs still runs, and as which run. */
export async function hold(run: Run, id: string, holder: string, runId: string | null, now: number): Promise<void> {
  await run(
    `update /* pgdeck:schedule */ pgdeck.schedule
set held_at = $4::timestamptz, run_id = coalesce($3, run_id) where id = $1 and holder = $2`,
    [id, holder, runId, iso(now)],
  );
}

/** Writes how a run ended; true where its holder was still the one. `missed`: nothing could be run at all. */
export async function release(run: Run, id: string, holder: string, ended: Ended, missed: boolean): Promise<boolean> {
  const rows = await run(
    `update /* pgdeck:schedule */ pgdeck.schedule as s
set holder = null, held_at = null, run_id = null, last_at = $3::timestamptz, last_status = $4, last_message = $5,
  last_run = $6, missed = s.missed + $7::int4, missed_at = case when $7::int4 > 0 then $3::timestamptz else s.missed_at end
where s.id = $1 and s.holder = $2 returning s.id`,
    [id, holder, iso(ended.at), ended.status, ended.message.replaceAll('\0', ''), ended.runId, missed ? 1 : 0],
  );
  return rows.length > 0;
}

/** What a schedule does, as a preview takes it; throws where it cannot be read. */
export function bodyOf({ body }: Pick<Row, 'body'>): Schedule['body'] {
  return previewBody.parse(JSON.parse(body));
}

/** A schedule as the API answers it; `problem` says why it will not run. */
export function scheduleOf(row: Row, now: number, problem?: string): Schedule {
  const { id, title, cron, time_zone, subject, enabled, created_by, created_at, due, holder, held_at, run_id } = row;
  const held = holder !== null && held_at !== null && held_at > now - silentMs;
  return {
    id,
    title,
    cron,
    timeZone: time_zone,
    body: JSON.parse(row.body),
    subject,
    enabled,
    createdBy: created_by,
    createdAt: new Date(created_at).toISOString(),
    next: enabled ? iso(due) : null,
    running: held ? { runId: run_id } : null,
    last:
      row.last_at === null
        ? null
        : {
            at: new Date(row.last_at).toISOString(),
            status: row.last_status as NonNullable<Schedule['last']>['status'],
            message: row.last_message ?? '',
            runId: row.last_run,
          },
    missed:
      row.missed === 0 || row.missed_at === null
        ? null
        : { count: row.missed, last: new Date(row.missed_at).toISOString() },
    ...(problem !== undefined && { problem }),
  };
}
