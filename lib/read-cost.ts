import type { ServerAccess } from '@/lib/access/server-access';
import type { CostAnswer } from '@/lib/history/answers';
import { sumKeyed } from '@/lib/history/read-keyed';
import type { Reader } from '@/lib/history/reader';
import { storedBytes } from '@/lib/history/stored-bytes';
import { findServer } from '@/lib/read';
import { asked, readSeries } from '@/lib/read-history';
import { runtime, type Server } from '@/lib/runtime';

type Range = { from: number; to: number };

/** What pgdeck itself cost a server over a range (epoch seconds): read from what is kept, never asked of the server. */
export async function readCost(access: ServerAccess, serverId: string, range: Range): Promise<CostAnswer> {
  const server = findServer(serverId);
  const summed = (series: string) => sums(access, serverId, series, range);
  const [time, work] = await Promise.all([summed('statement-time'), summed('own-work')]);
  const [all, own] = [time[0] ?? null, time[1] ?? null];
  const counted = own !== null;
  const measured = counted ? [] : await Promise.all([summed('own-statements'), summed('own-time')]);
  const hidden = counted && hiddenStatements(server);
  const byTopic = counted ? await countedByTopic(server, range) : undefined;
  const stored = await asked(server, storedBytes).catch(() => ({ stored: [], bytesPerDay: null }));
  return {
    ...range,
    statements: rounded(counted ? (work[0] ?? null) : (measured[0]?.[0] ?? null)),
    exec_ms: counted ? own : (measured[1]?.[0] ?? null),
    share: counted && !hidden && all !== null && all > 0 ? own / all : null,
    blocks_hit: rounded(work[1] ?? null),
    blocks_read: rounded(work[2] ?? null),
    connections: server.connections.pools().reduce((sum, { in_use, idle }) => sum + in_use + idle, 0),
    budgetPercent: runtime().config.budgetPercent,
    slowedDown: server.sampler.slowedDown,
    unknownBecause: hidden || (counted ? null : notCounted(server)),
    byTopic: byTopic ?? server.sampler.history.own.read(range.from, range.to),
    ...stored,
  };
}

const rounded = (value: number | null) => (value === null ? null : Math.round(value));

/** What each column of a series of rates adds up to over a range; null where nothing of it is known. */
async function sums(access: ServerAccess, serverId: string, series: string, range: Range): Promise<(number | null)[]> {
  const answer = await readSeries(access, serverId, series, range, {}).catch(() => undefined);
  return (answer?.columns ?? []).map((_, column) => {
    const known = (answer?.points ?? []).map((point) => point[column + 1]).filter((value) => typeof value === 'number');
    return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) * (answer?.step ?? 0) : null;
  });
}

/** The statements of pgdeck that the history knows by their tag, added up by it; undefined where the store cannot tell. */
async function countedByTopic(server: Server, range: Range): Promise<CostAnswer['byTopic'] | undefined> {
  return asked(server, async (reader: Reader, number: number) => {
    const own = await reader.rows<{ key: string; topic: string }>(
      `select /* pgdeck:read */ s.sid::text as key, substring(s.query from '/\\* pgdeck:([a-z-]+) \\*/') as topic
from pgdeck.statement as s
where s.server_id = $1::int4 and s.query ~ '^\\s*\\w+ /\\* pgdeck:[a-z-]+ \\*/'`,
      [number],
    );
    const topics = new Map(own.map(({ key, topic }) => [key, topic]));
    const { rows } = await sumKeyed(reader, number, 'statement', range, {
      reach: await reader.reach(),
      keys: [...topics.keys()],
      columns: ['calls', 'total_exec_time'],
    });
    const byTopic = new Map<string, { topic: string; calls: number; exec_ms: number }>();
    for (const [key, { calls, total_exec_time }] of rows) {
      const topic = topics.get(key) ?? 'other';
      const sum = byTopic.get(topic) ?? { topic, calls: 0, exec_ms: 0 };
      sum.calls += calls ?? 0;
      sum.exec_ms += total_exec_time ?? 0;
      byTopic.set(topic, sum);
    }
    return [...byTopic.values()].filter(({ calls }) => calls > 0).sort((a, b) => b.exec_ms - a.exec_ms);
  }).catch(() => undefined);
}

/** Why the share is not known although statements are counted: others' are hidden from pgdeck's role. */
function hiddenStatements(server: Server): string | null {
  const answer = server.sampler.latest('statement-counters');
  return (answer?.status === 'ok' && answer.partial?.find(({ reason }) => reason === 'privilege')?.hint) || null;
}

/** Why statements are not counted by the server. */
function notCounted(server: Server): string {
  const answer = server.sampler.latest('statement-counters');
  const measured = 'Statements and time are as pgdeck measures them, less what the quickest answer takes.';
  if (answer?.status === 'unavailable') return `${answer.hint} ${measured}`;
  return `The server's own counts are read each minute while the history is on, and there are none in this time. ${measured}`;
}
