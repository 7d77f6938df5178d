import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { ApiError } from '@/lib/access/errors';
import type { Claim } from '@/lib/actions/action';
import type { Fact } from '@/lib/actions/protocol';
import type { ddlAnswer } from '@/lib/api/actions';
import { bytes, count, list } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import { describeError } from '@/lib/postgres/errors';
import { actor, look } from '@/lib/runner/look';
import { sessionsInTheWay } from '@/lib/runner/preflight/in-the-way';
import { type Locked, lockedBy, lockWords } from '@/lib/runner/preflight/relations';
import { oldSnapshots } from '@/lib/runner/preflight/snapshots';
import { gaugeOf, wouldQueue } from '@/lib/runner/preflight/use-of-relations';
import type { Reads } from '@/lib/runner/subject-now';
import type { Server } from '@/lib/runtime';
import { Catalog, type Relation } from './catalog';
import { describeStatement } from './describe';
import { type Effect, type Lock, type Name, unknown } from './effect';
import { parse, type Statement } from './parse';

/** The answer to "What would this DDL block?"; nothing of the text is ever run. */
export type DdlAnswer = z.infer<typeof ddlAnswer>;

/** What one statement of it would lock and block. */
export type Checked = DdlAnswer['statements'][number];

const pageSize = 8192;

/** So long the statements of one text are looked at; what is left then is answered as not known. */
const mostMs = 10_000;

/**
 * What the statements of a pasted text would lock and block in a database of a server; 422 where it does not parse.
 * Statements that were not looked at within `forMs` are answered as not known.
 */
export async function checkDdl(
  server: Server,
  database: string,
  text: string,
  forMs: number = mostMs,
): Promise<DdlAnswer> {
  const until = performance.now() + forMs;
  const { connections } = server;
  const statements = await parse(text);
  const databases = connections.capabilities?.databases;
  if (databases && !databases.includes(database))
    throw new ApiError(404, 'not_found', `There is no database "${database}" to connect to.`, 'database');
  const reads: Reads = async (sql, values) => {
    // What was given up asks nothing more.
    if (performance.now() >= until) throw new Error('Its time is over.');
    return { rows: await connections.ask('walking', database, sql, values, { rarely: true }) };
  };
  const who = await look(connections, actor);
  const catalog = new Catalog(reads, who.role);
  const made = new Set<string>();
  const checked: Checked[] = [];
  for (const statement of statements) {
    const one = async () => {
      const effect = await describeStatement(statement, { major: who.major, catalog }).catch((error) => {
        if (error instanceof RangeError) return unknown(kindOf(statement), 'It is nested too deeply.');
        throw error;
      });
      catalog.follow(statement);
      const seen = await checkOne(server, database, statement, effect, { catalog, reads, made });
      for (const name of effect.creates ?? []) made.add(quotedName(name));
      return seen;
    };
    checked.push((await within(until, one)) ?? notLookedAt(statement, forMs));
  }
  return { executed: false, statements: checked };
}

/** What a question answers before its time is over; undefined where it does not. */
async function within<T>(until: number, question: () => Promise<T>): Promise<T | undefined> {
  const leftMs = until - performance.now();
  if (leftMs <= 0) return undefined;
  const over = new AbortController();
  const late = sleep(leftMs, undefined, { signal: over.signal }).catch(() => undefined);
  const asked = question();
  asked.catch(() => {});
  return Promise.race([asked, late]).finally(() => over.abort());
}

function notLookedAt(statement: Statement, forMs: number): Checked {
  const why = `It was not looked at: ${Math.round(forMs / 1000)} s for the whole text were over. Look at fewer statements at once.`;
  const { kind, supported, rewrites, inTransaction, warnings } = unknown(kindOf(statement), why);
  const none = { locks: [], waitsFor: [], wouldQueue: [], estimates: [] };
  return { sql: statement.sql, kind, supported, rewrites, inTransaction, warnings, ...none };
}

function kindOf({ kind }: Statement): string {
  return kind.replace(/Stmt$/, '');
}

type Place = { catalog: Catalog; reads: Reads; made: Set<string> };

async function checkOne(
  server: Server,
  database: string,
  { sql }: Statement,
  effect: Effect,
  place: Place,
): Promise<Checked> {
  const { claims, relations, warnings } = await claimsOf(effect.locks, place);
  const locked = await lockedBy(place.reads, claims);
  const unless = <T>(part: Promise<T>, otherwise: T, what: string) =>
    part.catch((error) => {
      warnings.push(`${what} is not known: ${sentenceOf(error)}`);
      return otherwise;
    });
  const [waitsFor, snapshots, queued] = await Promise.all([
    unless(
      look(server.connections, (query) => sessionsInTheWay(query, locked)),
      [],
      'Who stands in the way',
    ),
    effect.outlivesSnapshots ? unless(oldSnapshots(place.reads), [], 'Who has old snapshots') : [],
    unless(wouldQueue(gaugeOf(server), database, locked, 'theirs'), [], 'What would queue'),
  ]);
  return {
    sql,
    kind: effect.kind,
    supported: effect.supported,
    locks: lockWords(locked),
    rewrites: effect.rewrites,
    inTransaction: effect.inTransaction,
    waitsFor: [...waitsFor, ...snapshots],
    wouldQueue: queued,
    estimates: sizes(relations, locked, effect),
    warnings: [
      ...effect.warnings,
      ...(effect.supported && effect.locks.length === 0 ? ['It takes no lock on a table that is there now.'] : []),
      ...(effect.inTransaction ? [] : ['PostgreSQL refuses it in a transaction block.']),
      ...warnings,
    ],
    ...(effect.saferWay !== undefined && { saferWay: effect.saferWay }),
  };
}

/** The locks with their names looked up, and what is said of names that are not there. */
async function claimsOf(
  locks: Lock[],
  { catalog, made }: Place,
): Promise<{ claims: Claim[]; relations: Relation[]; warnings: string[] }> {
  const claims: Claim[] = [];
  const relations: Relation[] = [];
  const warnings = new Set<string>();
  for (const { on, ...lock } of locks) {
    if (typeof on === 'number') {
      claims.push({ oid: on, relation: '', ...lock });
      continue;
    }
    const written = quotedName(on);
    if (made.has(written)) {
      warnings.add(`${written} is created or renamed earlier in this text: nobody else uses it yet.`);
      continue;
    }
    const relation = await catalog.relation(on);
    if (!relation) {
      warnings.add(`There is no relation ${written} in this database now.`);
      continue;
    }
    if (!relation.in_path)
      warnings.add(
        `${written} is taken to be ${relation.quoted}: there is none in the schemas that are usually looked through ("$user", public)${relation.others > 0 ? `, and ${count(relation.others)} more elsewhere` : ''}.`,
      );
    relations.push(relation);
    claims.push({ oid: relation.oid, relation: relation.quoted, ...lock });
  }
  return { claims, relations, warnings: [...warnings] };
}

function sizes(relations: Relation[], locked: Locked[], { rewrites }: Effect): Fact[] {
  const facts: Fact[] = [];
  for (const { quoted, pages, index_pages, rows } of new Set(relations.filter(({ relkind }) => 'rm'.includes(relkind))))
    facts.push({
      label: `Size of ${quoted}`,
      value: `about ${bytes(pages * pageSize)} and ${bytes(index_pages * pageSize)} of indexes${rows < 0 ? '' : `, ${count(rows)} rows`} (as of its last VACUUM or ANALYZE)`,
    });
  if (rewrites) {
    const strong = locked.filter(({ mode, relkind }) => mode === 'AccessExclusiveLock' && 'rm'.includes(relkind));
    const all = strong.reduce((sum, { pages }) => sum + pages * pageSize, 0);
    if (strong.length === 0) return facts;
    facts.push({
      label: 'Written anew',
      value: `${list(
        strong.map(({ relation }) => relation),
        3,
      )}: about ${bytes(all)} without indexes, and as much WAL; PostgreSQL does not tell how much disk is free`,
    });
  }
  return facts;
}

function quotedName({ schema, name }: Name): string {
  return schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

function sentenceOf(error: unknown): string {
  try {
    return describeError(error).sentence;
  } catch {
    return 'pgdeck failed while it looked.';
  }
}
