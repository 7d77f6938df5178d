import { createHash } from 'node:crypto';

/** What a statement is identified by in pg_stat_statements. */
export type StatementIdentity = { dbid: string; userid: string; queryid: string; toplevel: boolean };

/** One number for a statement, by which the history keeps it: 64 bits of a hash of its identity, as text. */
export function statementId({ dbid, userid, queryid, toplevel }: StatementIdentity): string {
  return createHash('sha1').update(`${dbid}/${userid}/${queryid}/${toplevel}`).digest().readBigInt64BE(0).toString();
}
