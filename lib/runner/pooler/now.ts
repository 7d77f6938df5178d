import type { PoolerNow } from '@/lib/actions/pooler';
import type { PoolerTarget } from '@/lib/actions/target';
import type { ServerConfig } from '@/lib/config';
import { minorOf } from '@/lib/pgbouncer/console';
import { homeAmong } from '@/lib/pgbouncer/home';
import type { Show, Shown } from '@/lib/topics/console';
import type { Row } from '@/lib/topics/index';
import { pgbouncerClients } from '@/lib/topics/pgbouncer-clients';
import { pgbouncerConfig } from '@/lib/topics/pgbouncer-config';
import { pgbouncerDatabases } from '@/lib/topics/pgbouncer-databases';
import { pgbouncerPools } from '@/lib/topics/pgbouncer-pools';
import { pgbouncerServers } from '@/lib/topics/pgbouncer-servers';
import type { AnyTopic, Raw } from '@/lib/topics/topic';

/** Sends one SHOW command and answers its rows. */
export type Shows = (command: string) => Promise<Raw[]>;

/** What the console shows now of one database, or of all. */
export async function poolerNow(show: Shows, target: PoolerTarget, config: ServerConfig): Promise<PoolerNow> {
  const [row] = await show('SHOW VERSION');
  const version = /PgBouncer (\S+)/.exec(String(row?.version))?.[1] ?? 'of an unknown version';
  const minor = minorOf(version);
  const shown: Shown = {};
  const commands: Show[] = ['DATABASES', 'POOLS', 'CLIENTS', 'SERVERS', 'CONFIG'];
  for (const command of commands) shown[command] = await show(`SHOW ${command}`);
  const isHome = homeAmong(shown.DATABASES ?? [], config);
  const rows = <Each>({ console, row }: Pick<AnyTopic, 'console' | 'row'>): Each[] =>
    (console?.rows(shown, isHome, minor) ?? []).map((each) => row.parse(each) as Each);
  const about = (name: string) => target.kind === 'pgbouncer' || name === target.name;
  // As everybody may see them: without passwords.
  const configured = rows<Row<'pgbouncer-config'>>(pgbouncerConfig);
  const settings = Object.fromEntries(configured.map(({ key, value }) => [key, value]));
  const user = config.pgbouncer?.user ?? '';
  return {
    version,
    minor,
    user,
    admin: settings.auth_type === 'any' ? null : (settings.admin_users ?? '').split(/[,\s]+/).includes(user),
    databases: rows<PoolerNow['databases'][number]>(pgbouncerDatabases).filter(({ name }) => about(name)),
    pools: rows<PoolerNow['pools'][number]>(pgbouncerPools).filter(({ database }) => about(database)),
    clients: rows<PoolerNow['clients'][number]>(pgbouncerClients).filter(({ database }) => about(database)),
    servers: rows<PoolerNow['servers'][number]>(pgbouncerServers).filter(({ database }) => about(database)),
    allPaused: await isAllPaused(show, minor),
    settings,
    defaults: Object.fromEntries(configured.map((each) => [each.key, each.default])),
  };
}

/** Whether PgBouncer as a whole is paused; null where this version has no SHOW STATE. */
async function isAllPaused(show: Shows, minor: number): Promise<boolean | null> {
  // 1.18 would write the question to its log as an error.
  if (minor <= 18) return null;
  const rows = await show('SHOW STATE').catch(() => undefined);
  const paused = rows?.find(({ key }) => key === 'paused')?.value;
  return paused === undefined ? null : paused === 'yes';
}

/** What an action is about, told apart: another value means that it is not what was previewed. */
export function fingerprintOf(
  { databases }: PoolerNow,
  target: PoolerTarget,
  { pgbouncer }: Pick<ServerConfig, 'pgbouncer'>,
): string {
  const console = [pgbouncer?.host, pgbouncer?.port];
  // What RELOAD or PAUSE without a name is done to is PgBouncer, whatever its databases are.
  if (target.kind === 'pgbouncer') return JSON.stringify(console);
  return JSON.stringify([
    ...console,
    ...databases.map(({ name, host, port, database, force_user }) => [name, host, port, database, force_user]),
  ]);
}

/** Whether pgdeck's own connections to the server go through what an action is about. */
export function isOwnWay({ read, action, pgbouncer }: ServerConfig, target: PoolerTarget): boolean {
  return [read, action].some(
    ({ host, port, database }) =>
      host === pgbouncer?.host && port === pgbouncer?.port && (target.kind === 'pgbouncer' || database === target.name),
  );
}
