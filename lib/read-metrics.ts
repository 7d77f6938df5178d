import { Registry } from 'prom-client';
import { type ServerAccess, seesDatabase, serversFor } from '@/lib/access/server-access';
import type { User } from '@/lib/access/user';
import { visibleAnswer } from '@/lib/access/visible-rows';
import { deckMetrics, serverMetrics } from '@/lib/metrics/deck';
import { registerOwn } from '@/lib/metrics/own';
import { Sheet } from '@/lib/metrics/sheet';
import type { Scene } from '@/lib/metrics/source';
import { sources } from '@/lib/metrics/sources/index';
import { readFindings } from '@/lib/read-findings';
import { runtime, type Server } from '@/lib/runtime';
import { topics } from '@/lib/topics/index';
import type { Answer, AnyTopic } from '@/lib/topics/topic';

/** An answer that is older than twice its cadence and this is not told any more. */
const graceSeconds = 10;

type Seen = { server: Server; access: ServerAccess };

/** What Prometheus is told, of the servers and databases that a user may see; from memory, nothing is asked of any server. */
export async function readMetrics(user: User): Promise<{ text: string; contentType: string }> {
  const seen = serversFor(user);
  const sheet = new Sheet();
  noteDeck(sheet, seen);
  for (const each of seen) {
    await noteServer(sheet, each);
    noteSnapshots(sheet, each);
    if (each.access.databases === undefined) noteWhole(sheet, each);
  }
  const registry = new Registry();
  sheet.register(registry);
  // What is counted of a server is about all of it.
  const whole = seen.filter(({ access }) => access.databases === undefined);
  registerOwn(registry, new Set(whole.map(({ server }) => server.config.id)));
  return { text: await registry.metrics(), contentType: registry.contentType };
}

function noteDeck(sheet: Sheet, seen: Seen[]): void {
  const { launcher, history, audit, config } = runtime();
  const set = (name: keyof typeof deckMetrics, value: number | null, labels: Record<string, string> = {}) =>
    sheet.set(name, deckMetrics[name], labels, value);
  set('pgdeck_build_info', 1, { version: launcher.version, node: process.versions.node });
  set('pgdeck_start_time_seconds', launcher.startedAt / 1000);
  set('pgdeck_servers', seen.length);
  set('pgdeck_budget_ratio', config.budgetPercent / 100);
  const { state, bytes, maxBytes } = history.status();
  for (const each of ['off', 'starting', 'on', 'failing'])
    set('pgdeck_history_state', Number(each === state), { state: each });
  set('pgdeck_history_bytes', bytes);
  if (state !== 'off') set('pgdeck_history_max_bytes', maxBytes);
  set('pgdeck_audit_writable', Number(audit.writable));
}

/** Whether a topic is about something that the user may see. */
function isSeen(topic: AnyTopic, { server, access }: Seen): boolean {
  if (access.databases === undefined) return true;
  return topic.scope === 'database'
    ? seesDatabase(access, server.config.read.database)
    : topic.databaseColumn !== undefined;
}

async function noteServer(sheet: Sheet, each: Seen): Promise<void> {
  const { config, connections, sampler } = each.server;
  const { capabilities } = connections;
  const set = (name: keyof typeof serverMetrics, value: number, labels: Record<string, string> = {}) =>
    sheet.set(name, serverMetrics[name], { server: config.id, ...labels }, value);
  const state = sampler.state();
  if (state !== 'starting') set('pg_up', Number(state !== 'unreachable'));
  for (const one of ['starting', 'ok', 'degraded', 'unreachable'])
    set('pgdeck_server_state', Number(one === state), { state: one });
  if (capabilities && state !== 'unreachable') {
    set('pg_static', 1, { short_version: shortVersion(capabilities.versionNum) });
    set('pg_postmaster_start_time_seconds', Number(capabilities.postmasterStart) / 1e6);
  }
  set('pgdeck_slowed_down', sampler.slowedDown);
  const { verdict, findings, notJudged } = await readFindings(each.access, config.id);
  for (const one of ['ok', 'warning', 'critical', 'unknown'])
    set('pgdeck_verdict', Number(one === verdict), { verdict: one });
  const counts = new Map<string, { check: string; severity: string; count: number }>();
  for (const { check, severity } of findings) {
    const key = `${check}\n${severity}`;
    counts.set(key, { check, severity, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  for (const { count, ...labels } of counts.values()) set('pgdeck_findings', count, labels);
  set('pgdeck_checks_not_judged', notJudged.length);
  for (const topic of Object.values(topics) as AnyTopic[]) {
    // Without a PgBouncer there is nothing to ask.
    if ((topic.console && !config.pgbouncer) || !isSeen(topic, each)) continue;
    const answer = sampler.latest(topic.id);
    if (!answer) continue;
    const ok = answer.status === 'ok';
    if (topic.id === 'pgbouncer-pools') set('pgbouncer_up', Number(ok));
    const age = ok ? answer.ageSeconds : answer.last?.ageSeconds;
    set('pgdeck_topic_up', Number(ok), { topic: topic.id });
    if (age !== undefined) set('pgdeck_snapshot_age_seconds', age, { topic: topic.id });
  }
}

/** 18.4 as 18.4.0, in the way of postgres_exporter. */
const shortVersion = (versionNum: number) => `${Math.floor(versionNum / 10_000)}.${versionNum % 10_000}.0`;

function noteSnapshots(sheet: Sheet, each: Seen): void {
  const { server, access } = each;
  const { config, connections, sampler } = server;
  const { capabilities } = connections;
  const scene: Scene = {
    versionNum: capabilities?.versionNum,
    inRecovery: capabilities?.inRecovery,
    databases: (capabilities?.databases ?? []).filter((name) => seesDatabase(access, name)),
  };
  for (const source of sources) {
    const topic: AnyTopic = topics[source.topic];
    if (!isSeen(topic, each) || (source.whole && access.databases !== undefined)) continue;
    // Of other databases than pgdeck's own only those are known that somebody looks at.
    const database = topic.scope === 'database' ? config.read.database : null;
    const answer = sampler.latest(topic.id, database);
    if (!answer || !isFresh(answer, sampler.cadenceMs(topic, database))) continue;
    const shown = visibleAnswer(topic, answer, access);
    if (shown.status === 'ok') source.note(sheet, { server: config.id }, shown.rows, scene, database);
  }
}

/** A figure that is old says nothing about now: it is missing rather than told. */
function isFresh(answer: Answer, cadenceMs: number): boolean {
  return answer.status === 'ok' && answer.ageSeconds <= (2 * cadenceMs) / 1000 + graceSeconds;
}

/** What is about a server as a whole, and no answer of it. */
function noteWhole(sheet: Sheet, { server }: Seen): void {
  const { history, runner, cache } = runtime();
  const { id } = server.config;
  const set = (name: keyof typeof serverMetrics, value: number, labels: Record<string, string> = {}) =>
    sheet.set(name, serverMetrics[name], { server: id, ...labels }, value);
  set('pgdeck_lease_held', Number(history.instances.holds(history.of(id))));
  const byStatus = new Map<string, number>();
  for (const { status } of runner.runs(id)) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  for (const [status, runs] of byStatus) set('pgdeck_runs', runs, { status });
  for (const { server: of, kind, entries, bytes, hits, misses } of cache.figures()) {
    if (of !== id) continue;
    set('pgdeck_cache_entries', entries, { kind });
    set('pgdeck_cache_bytes', bytes, { kind });
    set('pgdeck_cache_hits_total', hits, { kind });
    set('pgdeck_cache_misses_total', misses, { kind });
  }
}
