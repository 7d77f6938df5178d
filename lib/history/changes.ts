import { quoted } from '@/lib/identifier';
import { type Draft, type Found, folded } from './draft';
import { withUnit } from './setting-value';

/** A row of topic `configuration`. */
export type ConfigurationRow = {
  kind: string;
  name: string;
  value: string | null;
  unit?: string | null;
  source?: string | null;
  pending_restart?: boolean | null;
};

/** What tells one run of a server from the next, from topic `server`. */
export type RunState = { postmaster_start_time: string; in_recovery: boolean; server_version: string };

/** When statistics began, by what they are of (ISO 8601, null: never reset); `counted`: there were figures before. */
export type ResetState = Record<string, { since: string | null; counted: boolean }>;

const most = 60;
const short = (text: string) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
const shown = (row: ConfigurationRow) => short(withUnit(row.value, row.unit ?? null) || "''");

/** What changed between two readings of topic `configuration`. */
export function configurationChanges(before: ConfigurationRow[], after: ConfigurationRow[]): Draft[] {
  const key = ({ kind, name }: ConfigurationRow) => `${kind}\n${name}`;
  const earlier = new Map(before.map((row) => [key(row), row]));
  const found: (Found | undefined)[] = [];
  for (const row of after) {
    const old = earlier.get(key(row));
    earlier.delete(key(row));
    found.push(old ? changedRow(old, row) : newOrGone(row, 'created'));
  }
  for (const row of earlier.values()) found.push(newOrGone(row, 'dropped'));
  return folded(found.filter((each) => each !== undefined));
}

function changedRow(before: ConfigurationRow, after: ConfigurationRow): Found | undefined {
  const { kind, name } = after;
  if (kind === 'setting') return changedSetting(before, after);
  if (before.value === after.value) return undefined;
  if (kind === 'role_setting')
    return setting(`${name} ${shown(before)} → ${shown(after)}`, name, before.value, after.value);
  return {
    ...eventOf(kind),
    title: `${kind} ${quoted(name)}: ${difference(before.value, after.value)}`,
    detail: { [kind]: name, before: before.value, after: after.value },
    sort: `${kind}s changed`,
    name,
  };
}

function changedSetting(before: ConfigurationRow, after: ConfigurationRow): Found | undefined {
  const { name, source } = after;
  const [old, now] = [withUnit(before.value, before.unit ?? null), withUnit(after.value, after.unit ?? null)];
  if (old !== now) return setting(`${name} ${shown(before)} → ${shown(after)}`, name, old, now, { source });
  if (Boolean(before.pending_restart) === Boolean(after.pending_restart)) return undefined;
  return {
    kind: 'setting',
    title: `${name} ${after.pending_restart ? 'is changed in the configuration and waits' : 'no longer waits'} for a restart`,
    detail: { setting: name, value: now, pending_restart: after.pending_restart },
    sort: `settings that ${after.pending_restart ? '' : 'no longer '}wait for a restart`,
    name,
  };
}

const setting = (
  title: string,
  name: string,
  before: string | null,
  after: string | null,
  more: Record<string, unknown> = {},
): Found => ({
  kind: 'setting',
  title,
  detail: { setting: name, before, after, ...more },
  sort: 'settings changed',
  name,
});

const eventOf = (kind: string): { kind: Draft['kind'] } => ({ kind: kind === 'role' ? 'role' : 'schema' });

function newOrGone(row: ConfigurationRow, verb: 'created' | 'dropped'): Found | undefined {
  const { kind, name, value } = row;
  const created = verb === 'created';
  // Which settings are seen depends on the session's rights and libraries: only one that somebody wrote down is news.
  if (kind === 'setting' && !(name.includes('.') && row.source === 'configuration file')) return undefined;
  if (kind === 'setting' || kind === 'role_setting')
    return created
      ? setting(`${name} set to ${shown(row)}`, name, null, value)
      : setting(`${name} reset, it was ${shown(row)}`, name, value, null);
  return {
    ...eventOf(kind),
    title: `${kind} ${quoted(name)} ${verb}`,
    detail: { [kind]: name, [created ? 'after' : 'before']: value },
    sort: `${kind}s ${verb}`,
    name,
  };
}

/** What a role or database has now and had before, in words. */
function difference(before: string | null, after: string | null): string {
  const words = (value: string | null) => (value ?? '').split(', ').filter((word) => word !== '');
  const [old, now] = [words(before), words(after)];
  const gained = now.filter((word) => !old.includes(word));
  const lost = old.filter((word) => !now.includes(word));
  return [gained.length > 0 && `now ${gained.join(', ')}`, lost.length > 0 && `no longer ${lost.join(', ')}`]
    .filter(Boolean)
    .join('; ');
}

/** Clocks of two machines may differ by so much. */
const skewMs = 60_000;

/** A restart, another version, a promotion, another server of the cluster; `seenAt`: when the state before was seen (ms). */
export function runChanges(before: RunState, after: RunState, seenAt: number): Draft[] {
  const drafts: Draft[] = [];
  const version =
    before.server_version === after.server_version
      ? ''
      : ` as PostgreSQL ${after.server_version}, it was ${before.server_version}`;
  // One that ran already while the other was seen is no restart of it: an address leads to another machine now.
  const other = Date.parse(after.postmaster_start_time) + skewMs < seenAt;
  if (before.postmaster_start_time !== after.postmaster_start_time && other)
    drafts.push({
      kind: 'failover',
      title: `Another server of the same cluster answers${version}`,
      detail: { before: `started ${before.postmaster_start_time}`, after: `started ${after.postmaster_start_time}` },
    });
  else if (before.postmaster_start_time !== after.postmaster_start_time)
    drafts.push({
      kind: 'restart',
      title: `Server restarted${version}`,
      detail: { before: before.postmaster_start_time, after: after.postmaster_start_time },
      at: Date.parse(after.postmaster_start_time),
    });
  if (before.in_recovery !== after.in_recovery)
    drafts.push({
      kind: 'failover',
      title: after.in_recovery ? 'The server is a standby now' : 'The standby was promoted: it is the primary now',
      detail: { before: role(before), after: role(after) },
    });
  return drafts;
}

const role = ({ in_recovery }: RunState) => (in_recovery ? 'standby' : 'primary');

/** Statistics that began anew; what was never counted before has not been reset. */
export function resetChanges(before: ResetState, after: ResetState): Draft[] {
  return Object.entries(after).flatMap(([of, { since }]) => {
    const old = before[of];
    if (!old?.counted || since === null || since === old.since) return [];
    const at = Date.parse(since);
    if (old.since !== null && at <= Date.parse(old.since)) return [];
    return [
      {
        kind: 'stats_reset' as const,
        title: `Statistics of ${of} reset`,
        detail: { before: old.since, after: since },
        at,
      },
    ];
  });
}
