import type { Target } from '@/lib/config';
import type { Run } from '@/lib/postgres/pool';

/** A watched server: where it is, and its cluster's identity; empty while that is not known. */
export type WatchedPlace = { id: string; name: string; target: Target; cluster: string };

/** The watched servers whose database is the store's own: by the cluster's identity, by the address where that cannot be read. */
export async function watchedInStore(run: Run, store: Target, watched: WatchedPlace[]): Promise<WatchedPlace[]> {
  const same = watched.filter(({ target }) => target.database === store.database);
  if (same.length === 0) return [];
  const cluster = await clusterOf(run);
  return same.filter((server) =>
    cluster !== '' && server.cluster !== ''
      ? server.cluster === cluster
      : server.target.host === store.host && server.target.port === store.port,
  );
}

async function clusterOf(run: Run): Promise<string> {
  const [may] = await run<{ read: boolean }>(
    `select /* pgdeck:store */ pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute') as read`,
  );
  if (!may?.read) return '';
  const [row] = await run<{ cluster: string }>(
    'select /* pgdeck:store */ s.system_identifier::text as cluster from pg_catalog.pg_control_system() as s',
  );
  return row?.cluster ?? '';
}

/** What is told of a store in the database that it is to remember. */
export function inWatchedWords({ name, target }: WatchedPlace): string {
  return `The history is stored in the database ${target.database} of ${name}, which pgdeck watches: what it remembers takes room and time there, and is gone when that server is. Another PostgreSQL in PGDECK_HISTORY_URL keeps it apart.`;
}
