import { type ServerAccess, serversFor } from '@/lib/access/server-access';
import { covers, personOf, type User } from '@/lib/access/user';
import { keyText } from '@/lib/cache/answer-cache';
import { log, safeError } from '@/lib/metrics/log';
import { requests } from '@/lib/metrics/request';
import { runtime, type Server } from '@/lib/runtime';

/** How many entries are told. */
const mostEntries = 1000;

type Seen = { server: Server; access: ServerAccess };
type Counts = { hits: number; misses: number };

/** What is in memory is about all of a server. */
const wholeOf = (user: User): Seen[] => serversFor(user).filter(({ access }) => access.databases === undefined);

/** Snapshots and what else is kept, of the servers that a user may see as a whole, with keys that begin so. */
export function readCacheHealth(user: User, prefix: string) {
  const { cache } = runtime();
  const seen = wholeOf(user);
  const ids = new Set(seen.map(({ server }) => server.config.id));
  const snapshots = seen.flatMap(({ server }) => snapshotsOf(server)).filter(({ key }) => key.startsWith(prefix));
  const kept = cache.entries(prefix).filter(({ server }) => ids.has(server));
  const servers = seen.map(({ server: { config, sampler } }) => {
    const own = snapshots.filter(({ server }) => server === config.id);
    return { server: config.id, entries: own.length, ...counted(sampler.reads), ...agesOf(own) };
  });
  const kinds = cache
    .figures()
    .filter(({ server }) => ids.has(server))
    .map(({ server, kind, bytes, hits, misses }) => {
      const own = kept.filter((entry) => entry.server === server && entry.kind === kind);
      const ttlSeconds = cache.seconds[kind];
      return { server, kind, ttlSeconds, entries: own.length, bytes, ...counted({ hits, misses }), ...agesOf(own) };
    });
  const entries = [
    ...snapshots.map((entry) => ({ cache: 'snapshots' as const, kind: null, bytes: null, ...entry })),
    ...kept.map(({ name: _, ...entry }) => ({ cache: 'kept' as const, ...entry })),
  ].sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    snapshots: { entries: snapshots.length, ...counted(summed(servers)), servers },
    kept: {
      entries: kept.length,
      bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
      maxBytes: cache.maxBytes,
      ...counted(summed(kinds)),
      kinds,
    },
    entries: entries.slice(0, mostEntries),
    entriesLeftOut: Math.max(0, entries.length - mostEntries),
  };
}

/** Forgets what has a key that begins so, of the servers where a user is operator; answers how many there were. */
export async function clearCaches(user: User, prefix: string): Promise<{ snapshots: number; kept: number }> {
  const { cache, audit } = runtime();
  const cleared = { snapshots: 0, kept: 0 };
  for (const { server, access } of wholeOf(user)) {
    const { id } = server.config;
    const role = access.roleOn(null);
    if (!role || !covers(role, 'operator')) continue;
    cleared.kept += cache.clear(prefix, (place) => place.server === id);
    cleared.snapshots += server.sampler.outdate((topic, database) =>
      keyText(id, database, topic.id).startsWith(prefix),
    );
  }
  await audit
    .write({
      event: 'cache_cleared',
      requestId: requests.getStore()?.requestId ?? '',
      user: personOf(user),
      title: 'Clear the caches',
      message: `${prefix === '' ? 'Everything' : `What begins with ${prefix}`} was forgotten: ${cleared.kept} kept, ${cleared.snapshots} snapshots to be asked anew.`,
    })
    // It changes nothing on a server: it is not undone because it cannot be written down.
    .catch((error) => log.error({ err: safeError(error) }, 'clearing the caches could not be written to the audit'));
  return cleared;
}

function snapshotsOf({ config: { id }, sampler }: Server) {
  return [...sampler.questions()].flatMap((question) => {
    if (!question.snapshot) return [];
    const database = question.database || null;
    const ageSeconds = Math.round(question.ageMs() / 100) / 10;
    return [
      { key: keyText(id, database, question.topic.id), server: id, database, ageSeconds, expired: question.due() },
    ];
  });
}

const counted = ({ hits, misses }: Counts) => ({
  hits,
  misses,
  hitRate: hits + misses > 0 ? hits / (hits + misses) : null,
});

const summed = (all: Counts[]): Counts => ({
  hits: all.reduce((sum, { hits }) => sum + hits, 0),
  misses: all.reduce((sum, { misses }) => sum + misses, 0),
});

function agesOf(entries: { ageSeconds: number }[]) {
  const ages = entries.map(({ ageSeconds }) => ageSeconds);
  return {
    oldestSeconds: ages.length > 0 ? Math.max(...ages) : null,
    newestSeconds: ages.length > 0 ? Math.min(...ages) : null,
  };
}
