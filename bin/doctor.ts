import { isLoopback } from '@/lib/access/confirm';
import { readConfig, type ServerConfig, type Target } from '@/lib/config';
import { quoted } from '@/lib/identifier';
import { type Capabilities, missing } from '@/lib/postgres/capabilities';
import { describeError, type Problem } from '@/lib/postgres/errors';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { topics } from '@/lib/topics/index';

/** One line of the doctor's report: `missing` makes the exit code 1, `advice` does not. */
export type Remark = { kind: 'good' | 'missing' | 'advice'; text: string; fixSql?: string };

/** What the reading role of a server can see, and what each thing that it lacks costs. */
export function judgeReading(server: Capabilities, target: Target): Remark[] {
  const remarks: Remark[] = [];
  const costs = new Map<string, { problem: Problem; titles: string[] }>();
  for (const topic of Object.values(topics)) {
    const problem = missing(topic.requires, server);
    if (!problem) continue;
    const known = costs.get(problem.sentence) ?? { problem, titles: [] };
    known.titles.push(topic.title);
    costs.set(problem.sentence, known);
  }
  for (const { problem, titles } of costs.values()) {
    const text = `${problem.sentence} Without it there is no: ${titles.join(', ')}. ${problem.hint}`;
    remarks.push({ kind: 'missing', text, ...(problem.fixSql && { fixSql: problem.fixSql }) });
  }
  if (!server.superuser && !server.grants.has('pg_read_all_stats')) {
    remarks.push({
      kind: 'missing',
      text: `Role ${server.role} sees only its own sessions and statements. What other roles do (Sessions, Locks, Statements, who holds a transaction open) stays unknown.`,
      fixSql: `grant pg_monitor to ${quoted(server.role)};`,
    });
  }
  if (server.settings.get('track_io_timing') === 'off') {
    remarks.push({
      kind: 'advice',
      text: 'track_io_timing is off: statements and databases tell no read and write times.',
      fixSql: "alter system set track_io_timing = 'on'; select pg_reload_conf();",
    });
  }
  if (server.superuser) {
    remarks.push({
      kind: 'advice',
      text: `Role ${server.role} is a superuser; pgdeck needs no more than pg_monitor for reading.`,
      fixSql: "create role pgdeck_read login password '…' connection limit 6; grant pg_monitor to pgdeck_read;",
    });
  } else if (server.major >= 16 && !server.grants.has('pg_use_reserved_connections')) {
    remarks.push({
      kind: 'advice',
      text: 'When all connection slots are taken, pgdeck can only go on with connections that are open already. A reserved slot lets it in (reserved_connections > 0).',
      fixSql: `grant pg_use_reserved_connections to ${quoted(server.role)};`,
    });
  }
  if (server.pooled) {
    remarks.push({
      kind: 'advice',
      text: 'The address is a transaction pooler: what needs a session of its own (ANALYZE and other long actions) is off. Give pgdeck the address of the server itself.',
    });
  }
  if (!server.encrypted && !isLoopback(target.host)) {
    remarks.push({
      kind: 'advice',
      text: 'The connection is not encrypted. Add sslmode=verify-full (or require) to the URL.',
    });
  }
  if (remarks.every(({ kind }) => kind !== 'missing')) {
    remarks.unshift({ kind: 'good', text: `Role ${server.role} can read everything that pgdeck asks for.` });
  }
  return remarks;
}

/** What the acting role of a server may do; a gap counts as missing where the role was named for acting (`dedicated`). */
export function judgeActing(server: Capabilities, dedicated: boolean): Remark[] {
  if (server.inRecovery)
    return [{ kind: 'advice', text: 'A standby only answers reads: tables cannot be analyzed here.' }];
  if (server.superuser) return [{ kind: 'good', text: `Role ${server.role} may do every action.` }];
  const remarks: Remark[] = [];
  const sees = server.grants.has('pg_read_all_stats');
  // A role that also reads was told so with what it cannot read.
  if (dedicated && !sees) {
    remarks.push({
      kind: 'missing',
      text: `Role ${server.role} cannot see who the sessions of other roles are, and pgdeck signals none that it cannot recognise.`,
      fixSql: `grant pg_read_all_stats to ${quoted(server.role)};`,
    });
  }
  if (!server.grants.has('pg_signal_backend')) {
    remarks.push({
      kind: dedicated ? 'missing' : 'advice',
      text: `Role ${server.role} can only cancel and terminate its own sessions, not those of other roles.`,
      fixSql: `grant pg_signal_backend to ${quoted(server.role)};`,
    });
  } else if (sees || !dedicated)
    remarks.push({ kind: 'good', text: `Role ${server.role} may cancel and terminate sessions of other roles.` });
  if (server.major >= 17 && !server.grants.has('pg_maintain')) {
    remarks.push({
      kind: 'advice',
      text: `Role ${server.role} can only ANALYZE tables that it owns.`,
      fixSql: `grant pg_maintain to ${quoted(server.role)};`,
    });
  }
  return remarks;
}

const signs = { good: 'ok      ', missing: 'missing ', advice: 'advice  ' };

function tell(remarks: Remark[]): void {
  for (const { kind, text, fixSql } of remarks) {
    console.log(`  ${signs[kind]} ${text}`);
    if (fixSql) console.log(`            ${fixSql}`);
  }
}

async function examine(config: ServerConfig): Promise<boolean> {
  const { read, action } = config;
  console.log(`${config.name}: ${read.host}:${read.port}, database ${read.database}, role ${read.user}`);
  const reading = await probe({ ...config, action: read });
  if ('problem' in reading) {
    console.log(`  missing  No connection. ${reading.problem.sentence} ${reading.problem.hint}`);
    return false;
  }
  const { capabilities } = reading;
  const { version, inRecovery, databases, encrypted } = capabilities;
  const several = databases.length === 1 ? 'database' : 'databases';
  console.log(
    `  PostgreSQL ${version}, ${inRecovery ? 'standby' : 'primary'}, ${databases.length} ${several}, ${encrypted ? 'encrypted' : 'not encrypted'}`,
  );
  const remarks = judgeReading(capabilities, read);
  if (action.user === read.user && action.host === read.host) remarks.push(...judgeActing(capabilities, false));
  else {
    const acting = await probe({ ...config, read: action });
    if ('problem' in acting) {
      const { sentence, hint } = acting.problem;
      remarks.push({ kind: 'missing', text: `The acting role ${action.user} cannot connect. ${sentence} ${hint}` });
    } else remarks.push(...judgeActing(acting.capabilities, true));
  }
  tell(remarks);
  return remarks.every(({ kind }) => kind !== 'missing');
}

async function probe(config: ServerConfig): Promise<{ capabilities: Capabilities } | { problem: Problem }> {
  const connections = new ServerConnections(config, 1);
  try {
    return { capabilities: await connections.probe() };
  } catch (error) {
    return { problem: describeError(error) };
  } finally {
    connections.close();
  }
}

/** Reports what pgdeck's roles can see and do on each configured server; the exit code is 1 when something is missing. */
export async function run(): Promise<number> {
  const { servers } = readConfig({ ...process.env, PGDECK_HOST: undefined, PGDECK_PORT: undefined, PORT: undefined });
  let healthy = true;
  for (const server of servers) healthy = (await examine(server)) && healthy;
  return healthy ? 0 : 1;
}
