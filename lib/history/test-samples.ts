import { ensurePartitions } from './partitions';
import { recordings } from './recordings';
import type { Run, Store } from './store';

/** One entry of a sample of sessions. */
export type Entry = {
  seconds: number;
  wait: number;
  sid: string;
  usr: number;
  app: number;
  db: number;
  client: number;
};

/** Samples as they are written; times are epoch seconds. */
export type Samples = {
  metrics: { server: number; ts: number; v: (number | null)[] }[];
  sessions: { server: number; ts: number; covered: number; entries: Entry[] }[];
  keyed: {
    id: 'statement' | 'table';
    server: number;
    ts: number;
    seconds: number;
    rows: { key: string; figures: Record<string, number | null> }[];
  }[];
};

/** Numbers that look random and are the same each time. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export const waits = ['CPU', 'IO', 'Lock', 'IO:DataFileRead', 'IO:WALSync', 'Lock:transactionid', 'Extension:Mine'];
export const users = ['app', 'reporting, nightly', 'admin'];

/** Makes two servers, words and metrics; answers the ids of the words. */
export async function writeNames(run: Run): Promise<{ waits: number[]; users: number[] }> {
  const ids = async (kind: string, words: string[]) => {
    await run('insert into pgdeck.word (kind, word) select $1, w from unnest($2::text[]) as w', [kind, words]);
    const rows = await run<{ word_id: number; word: string }>('select word_id, word from pgdeck.word where kind = $1', [
      kind,
    ]);
    return words.map((word) => rows.find((row) => row.word === word)?.word_id ?? 0);
  };
  for (const id of ['one', 'two'])
    await run("insert into pgdeck.server (id, system_identifier, first_seen) values ($1, '1', 'epoch')", [id]);
  await run(
    "insert into pgdeck.metric (idx, name) values (1, 'cache.hit_ratio'), (2, 'temp.temp_bytes'), (3, 'waiting-sessions.waiting')",
  );
  return { waits: await ids('wait', waits), users: await ids('user', users) };
}

/** Random samples of two servers: rows are missing, figures are null, one server is away for most of an hour. */
export function randomSamples(
  from: number,
  to: number,
  ids: { waits: number[]; users: number[] },
  random: () => number,
): Samples {
  const below = (most: number) => Math.floor(random() * most);
  const pick = <T>(list: T[]) => list[below(list.length)] as T;
  const eighths = (most: number) => below(most * 8) / 8;
  const samples: Samples = { metrics: [], sessions: [], keyed: [] };
  const away = (server: number, ts: number) => server === 2 && ts >= from + 4000 && ts < from + 7400;
  for (const server of [1, 2])
    for (let ts = from; ts < to; ts += 10) {
      if (away(server, ts) || random() < 0.03) continue;
      samples.metrics.push({
        server,
        ts,
        v: [1, 2, 3].map((at) => (random() < 0.1 ? null : eighths(50 * at))).slice(0, random() < 0.05 ? 2 : 3),
      });
      const entries = Array.from({ length: random() < 0.2 ? 0 : below(4) }, () => ({
        seconds: pick([1, 2, 5]),
        wait: pick(ids.waits),
        sid: random() < 0.1 ? '0' : String(7_000_000_000_000_000_000n + BigInt(below(150) ** 2)),
        usr: pick([0, ...ids.users]),
        app: 0,
        db: 0,
        client: 0,
      }));
      samples.sessions.push({ server, ts, covered: pick([10, 10, 10, 6]), entries });
      for (const id of ['statement', 'table'] as const) {
        if (ts % recordings[id].everySeconds !== 0) continue;
        const rows = Array.from({ length: below(160) }, (_, at) => ({
          key: at === 0 ? '0' : String(at * 1_000_003),
          figures: Object.fromEntries(
            recordings[id].columns.map(({ name, type }) => [
              name,
              random() < 0.05 ? null : type === 'int8' ? below(1000) : eighths(100),
            ]),
          ),
        }));
        samples.keyed.push({ id, server, ts, seconds: recordings[id].everySeconds - below(2), rows });
      }
    }
  return samples;
}

const time = (seconds: number) => `timestamptz '${new Date(seconds * 1000).toISOString()}'`;
const array = (values: (string | number | null)[]) => `'{${values.map((value) => value ?? 'null').join(',')}}'`;

async function insert(run: Run, table: string, rows: string[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 200)
    await run(`insert into pgdeck.${table} values ${rows.slice(at, at + 200).join(', ')}`, [], { prepared: false });
}

/** Writes samples as they are, with the partitions they need. */
export async function writeSamples(store: Store, samples: Samples): Promise<void> {
  const times = [...samples.metrics, ...samples.sessions, ...samples.keyed].map(({ ts }) => ts * 1000);
  if (!store.engine) throw new Error('the store is not on');
  await ensurePartitions(store.transaction, store.engine, Math.min(...times) - 86_400_000, Math.max(...times) + 1);
  await insertSamples(store.query, samples);
  // Autovacuum would come to it sooner or later, and what reads it is planned by that.
  await store.query('analyze pgdeck.metric_raw, pgdeck.session_raw, pgdeck.statement_raw, pgdeck.table_raw', [], {
    prepared: false,
  });
}

/** Writes samples in the transaction that is given. */
export async function insertSamples(run: Run, samples: Samples): Promise<void> {
  await insert(
    run,
    'metric_raw',
    samples.metrics.map(({ server, ts, v }) => `(${server}, ${time(ts)}, ${array(v)})`),
  );
  const columns = ['wait', 'sid', 'usr', 'app', 'db', 'client'] as const;
  await insert(
    run,
    'session_raw',
    samples.sessions.map(({ server, ts, covered, entries }) => {
      const none = array(entries.map(() => 0));
      const own = columns.map((name) => array(entries.map((entry) => entry[name])));
      return `(${server}, ${time(ts)}, ${covered}, ${none}, ${array(entries.map(({ seconds }) => seconds))}, ${none}, ${own.join(', ')}, ${none})`;
    }),
  );
  for (const id of ['statement', 'table'] as const)
    await insert(
      run,
      `${id}_raw`,
      samples.keyed
        .filter((sample) => sample.id === id)
        .map(({ server, ts, seconds, rows }) => {
          const figures = recordings[id].columns.map(({ name }) => array(rows.map((row) => row.figures[name] ?? null)));
          return `(${server}, ${time(ts)}, ${seconds}, ${array(rows.map(({ key }) => key))}, ${figures.join(', ')})`;
        }),
    );
}
