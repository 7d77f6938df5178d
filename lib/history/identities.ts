import { statementId } from '@/lib/topics/statement-id';
import type { Raw } from '@/lib/topics/topic';
import type { SampledStatement } from './load-sample';

/** A statement as the store knows it; `query` is unmasked, null while it is not known. */
export type StatementIdentity = {
  sid: string;
  dbid: string;
  userid: string;
  queryid: string;
  toplevel: boolean;
  datname: string | null;
  usename: string | null;
  query: string | null;
};

/** A relation as the store knows it; `of` is the table of an index. */
export type RelationIdentity = {
  rid: string;
  datname: string;
  schemaname: string;
  relname: string;
  kind: string;
  of: string | null;
};

const daySeconds = 86_400;
const mostKnown = 100_000;
/** What waits to be told; what is more is told when it is seen again. */
const mostWaiting = 20_000;

/** What statements and relations are, each told to the store when it is new, changed, or seen on another day. */
export class Identities {
  #told = new Map<string, string>();
  #statements = new Map<string, StatementIdentity>();
  #relations = new Map<string, RelationIdentity>();

  /** Notes a statement of topic `statement-counters`; answers its id. */
  statement(row: Raw, at: number): string {
    const { dbid, userid, queryid, toplevel } = row as StatementIdentity;
    const sid = statementId({ dbid, userid, queryid, toplevel });
    this.#note(sid, row, toplevel, at);
    return sid;
  }

  /** Notes the statements of a sample of load; their texts come with their counters. */
  sampled(statements: SampledStatement[], at: number): void {
    for (const { sid, row } of statements) this.#note(sid, row, true, at);
  }

  /** Notes a relation. */
  relation(relation: RelationIdentity, at: number): void {
    const { rid, datname, schemaname, relname, kind, of } = relation;
    if (this.#relations.size >= mostWaiting && !this.#relations.has(rid)) return;
    if (this.#isNew(`r${rid}`, `${datname}.${schemaname}.${relname}.${kind}.${of}`, at))
      this.#relations.set(rid, relation);
  }

  /** Some that the store does not know yet, at most `most`. */
  take(most: number): { statements: StatementIdentity[]; relations: RelationIdentity[] } {
    const statements = [...this.#statements.values()].slice(0, most);
    for (const { sid } of statements) this.#statements.delete(sid);
    const relations = [...this.#relations.values()].slice(0, most - statements.length);
    for (const { rid } of relations) this.#relations.delete(rid);
    return { statements, relations };
  }

  /** Puts back what could not be stored. */
  giveBack({ statements, relations }: { statements: StatementIdentity[]; relations: RelationIdentity[] }): void {
    for (const each of statements) if (!this.#statements.has(each.sid)) this.#statements.set(each.sid, each);
    for (const each of relations) if (!this.#relations.has(each.rid)) this.#relations.set(each.rid, each);
  }

  /** Forgets everything: another cluster, or a store that may not know any of it. */
  clear(): void {
    this.#told.clear();
    this.#statements.clear();
    this.#relations.clear();
  }

  #note(sid: string, row: Raw, toplevel: boolean, at: number): void {
    const text = (value: unknown) => (typeof value === 'string' ? value : null);
    const query = text(row.query);
    const waiting = this.#statements.get(sid);
    if (!waiting && this.#statements.size >= mostWaiting) return;
    const known = `s${sid}`;
    // A sample of load does not know texts: that is no news of a statement whose text is known.
    if (query === null && this.#told.get(known) === `${day(at)} text`) return;
    if (!this.#isNew(known, query === null ? '' : 'text', at)) return;
    this.#statements.set(sid, {
      sid,
      dbid: String(row.dbid),
      userid: String(row.userid),
      queryid: String(row.queryid),
      toplevel,
      datname: text(row.datname),
      usename: text(row.usename),
      query: query ?? waiting?.query ?? null,
    });
  }

  #isNew(key: string, state: string, at: number): boolean {
    const value = `${day(at)} ${state}`;
    if (this.#told.get(key) === value) return false;
    if (this.#told.size >= mostKnown) this.#told.clear();
    this.#told.set(key, value);
    return true;
  }
}

const day = (at: number) => Math.floor(at / 1000 / daySeconds);
