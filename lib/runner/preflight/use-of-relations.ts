import type { InTheWay } from '@/lib/actions/protocol';
import { count, list, plural } from '@/lib/format';
import { sumKeyed } from '@/lib/history/read-keyed';
import { otherKey } from '@/lib/history/recordings';
import { asked } from '@/lib/read-history';
import type { Server } from '@/lib/runtime';
import { stopsReads, stopsWrites } from './blocks';
import type { Locked } from './relations';

/** How long a lock is waited for: 2 s and then again, until it is granted, or as the person who runs it says. */
export type Wait = 'brief' | 'patient' | 'theirs';

/** How often a relation is read and changed, by the second; `onlyWhole`: only reads from end to end are counted. */
export type Use = { reads: number; writes: number; over: string; onlyWhole: boolean };

/** Tells how often relations of a database are used: the use of each, or why that is not known. */
export type Gauge = (database: string, oids: number[]) => Promise<Map<number, Use | string>>;

const lookBackSeconds = 600;
const mostNamed = 3;
const mostMeasured = 1000;

/** What would queue behind locks while they are waited for: only what each mode stops, at the rates that were measured. */
export async function wouldQueue(gauge: Gauge, database: string, locked: Locked[], wait: Wait): Promise<InTheWay[]> {
  const stopped = locked.filter(({ mode, relkind }) => stopsWrites(mode) && ['r', 'm', 'p'].includes(relkind));
  if (stopped.length === 0) return [];
  const measurable = stopped.filter(({ relkind }) => relkind !== 'p').slice(0, mostMeasured);
  const uses = await gauge(
    database,
    measurable.map(({ oid }) => oid),
  ).catch(() => new Map<number, string>());
  const known: { of: Locked; use: Use }[] = [];
  const unknown = new Map<string, string[]>();
  for (const of of measurable) {
    const use = uses.get(of.oid) ?? 'neither the history nor the sampler tells';
    if (typeof use !== 'string') known.push({ of, use });
    else unknown.set(use, [...(unknown.get(use) ?? []), of.relation]);
  }
  const through = stopped.filter(({ relkind }) => relkind === 'p');
  // What is read through a partitioned table is counted at its partitions.
  if (measurable.length === 0)
    unknown.set(
      'what is done through a partitioned table is counted at its partitions',
      through.map(({ relation }) => relation),
    );
  if (stopped.length - through.length > measurable.length)
    unknown.set(`only the first ${mostMeasured} relations were measured`, ['the other relations']);
  known.sort((one, other) => total(other) - total(one));
  const sentences = known.slice(0, mostNamed).map(({ of, use }) => sentence(of.relation, of.mode, use, wait));
  const rest = known.slice(mostNamed);
  const [first] = rest;
  if (first) {
    const sum = { ...first.use, reads: 0, writes: 0 };
    for (const { use } of rest) {
      sum.reads += use.reads;
      sum.writes += use.writes;
    }
    sentences.push(sentence(`the other ${plural(rest.length, 'relation')} together`, first.of.mode, sum, wait));
  }
  for (const [why, relations] of unknown)
    sentences.push(
      `How often ${list(relations, mostNamed)} ${relations.length === 1 ? 'is' : 'are'} used is not known: ${why}.`,
    );
  return sentences.map((sentence) => ({ pid: null, mode: null, granted: null, seconds: null, sentence }));
}

function total({ of, use }: { of: Locked; use: Use }): number {
  return use.writes + (stopsReads(of.mode) ? use.reads : 0);
}

function sentence(relation: string, mode: string, use: Use, wait: Wait): string {
  const reads = stopsReads(mode);
  const unseen = reads && use.onlyWhole ? '; reads through an index are not counted in so short a time' : '';
  if (use.writes + (reads ? use.reads : 0) === 0)
    return `Nothing that it would stop was counted on ${relation} in ${use.over}${unseen}.`;
  const scans = use.onlyWhole ? 'scans from end to end' : 'scans';
  const stops = [...(reads ? [per(use.reads, scans)] : []), per(use.writes, 'changed rows')];
  const now = `About ${list(stops)} touch ${relation} now (${use.over}${unseen})`;
  if (wait !== 'brief') return `${now}: for each second that it waits and runs, so many more queue behind it.`;
  const queue = [...(reads ? amount(use.reads * 2, 'scan') : []), ...amount(use.writes * 2, 'changed row')];
  const behind =
    queue.length > 0 ? `about ${list(queue)} would queue behind it` : 'hardly anything would queue behind it';
  return `${now}; while it waits, at most 2 s at a time, ${behind}, and more while it runs.`;
}

function per(perSecond: number, noun: string): string {
  const often = perSecond === 0 || perSecond >= 0.05;
  const value = often ? perSecond : perSecond * 3600;
  return `${count(Number(value.toPrecision(2)))} ${noun}/${often ? 's' : 'h'}`;
}

/** None where it is less than one. */
function amount(value: number, noun: string): string[] {
  return value < 1 ? [] : [plural(Math.round(value), noun)];
}

/** Tells use by the history of the last ten minutes, and where that has none by the newest sample. */
export function gaugeOf(server: Server): Gauge {
  return async (database, oids) => {
    const stored = await ofHistory(server, database, oids).catch(() => new Map<number, Use>());
    return new Map(oids.map((oid) => [oid, stored.get(oid) ?? ofSample(server, database, oid)]));
  };
}

const counters = ['seq_scan', 'idx_scan', 'n_tup_ins', 'n_tup_upd', 'n_tup_del'];

function ofHistory(server: Server, database: string, oids: number[]): Promise<Map<number, Use>> {
  const now = Math.floor(Date.now() / 1000);
  return asked(server, async (reader, number) => {
    const keys = await reader.rows<{ oid: string; key: string }>(
      // A database that was made anew has another OID: the newest counts.
      `select /* pgdeck:read */ distinct on (r.rid & 4294967295) (r.rid & 4294967295)::text as oid, r.rid::text as key
from pgdeck.relation as r where r.server_id = $1::int4 and r.datname = $2 and r.rid & 4294967295 = any ($3::int8[])
order by r.rid & 4294967295, r.last_seen desc, r.first_seen desc`,
      [number, database, oids],
    );
    const sums = await sumKeyed(
      reader,
      number,
      'table',
      { from: now - lookBackSeconds, to: now },
      {
        reach: await reader.reach(),
        keys: [otherKey, ...keys.map(({ key }) => key)],
        columns: counters,
      },
    );
    // Some tables were only added up together: which of them were used is not known.
    const folded = sums.rows.has(otherKey);
    const uses = new Map<number, Use>();
    for (const { oid, key } of keys) {
      const row = sums.rows.get(key) ?? (folded ? undefined : Object.fromEntries(counters.map((name) => [name, 0])));
      const [whole, index, ...changes] = counters.map((name) => row?.[name] ?? null);
      if (sums.seconds <= 0 || typeof whole !== 'number' || typeof index !== 'number') continue;
      const writes = changes.reduce((sum: number, value) => sum + (value ?? 0), 0);
      uses.set(Number(oid), {
        reads: (whole + index) / sums.seconds,
        writes: writes / sums.seconds,
        over: 'the last 10 min',
        onlyWhole: false,
      });
    }
    return uses;
  });
}

function ofSample(server: Server, database: string, oid: number): Use | string {
  const answer = server.sampler.latest('tables', database);
  if (answer?.status !== 'ok') return 'the tables of this database were not sampled yet';
  const row = (answer.rows as Record<string, unknown>[]).find(({ relid }) => relid === oid);
  if (!row) return 'it is not among the sampled tables';
  const rate = (name: string) => row[`${name}_per_second`];
  const writes = ['n_tup_ins', 'n_tup_upd', 'n_tup_del'].map(rate);
  const reads = rate('seq_scan');
  if (typeof reads !== 'number' || !writes.every((value) => typeof value === 'number'))
    return 'it was sampled only once so far';
  return {
    reads,
    writes: writes.reduce((sum: number, value) => sum + (value as number), 0),
    over: 'the last minute',
    onlyWhole: true,
  };
}
