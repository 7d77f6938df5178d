import type { Client } from 'pg';

/** Months of events that are kept before the present one. */
const monthsKept = 3;

/** The first day of a month, `offset` months from the one of `now`, in UTC. */
function month(now: Date, offset: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
}

function partitionName(first: Date): string {
  return `events_${first.toISOString().slice(0, 7).replace('-', '_')}`;
}

function createPartition(first: Date): string {
  const from = first.toISOString();
  const to = month(first, 1).toISOString();
  return `create table ${partitionName(first)} partition of events for values from ('${from}') to ('${to}')`;
}

/** The events' first partitions: the month before last is missing, so that its rows are in the default partition. */
export function firstPartitions(now: Date): string {
  const months = [-monthsKept, -1, 0].map((offset) => createPartition(month(now, offset)));
  return [...months, 'create table events_default partition of events default'].join(';\n');
}

/**
 * Makes the month's partition where it is missing, the next one's in the last two days of a month (until then it is
 * missing, as in many shops), and drops those that are too old. Run as the owner.
 */
export async function turnMonth(client: Client, now: Date): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_inherits as i join pg_class as c on c.oid = i.inhrelid where i.inhparent = 'events'::regclass`,
  );
  const there = new Set(rows.map((row) => row.name));
  const next = month(now, 1);
  const wanted = next.getTime() - now.getTime() < 2 * 86_400_000 ? [month(now, 0), next] : [month(now, 0)];
  for (const first of wanted) {
    if (!there.has(partitionName(first))) await addPartition(client, first);
  }
  const oldest = partitionName(month(now, -monthsKept));
  for (const name of there)
    if (/^events_\d{4}_\d\d$/.test(name) && name < oldest) await client.query(`drop table ${name}`);
}

/** Rows that the default partition took for the month move to their own. */
async function addPartition(client: Client, first: Date): Promise<void> {
  const range = `occurred_at >= '${first.toISOString()}' and occurred_at < '${month(first, 1).toISOString()}'`;
  await client.query('begin');
  try {
    await client.query('lock table events in access exclusive mode');
    await client.query(`create temporary table moved on commit drop as select * from events_default where ${range}`);
    await client.query(`delete from events_default where ${range}`);
    await client.query(createPartition(first));
    await client.query('insert into events select * from moved');
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
