import type { UnavailableReason } from '@/lib/topics/topic';

/** Why PostgreSQL could not be asked: a sentence without host or password, what to do, and the SQL that mends it. */
export type Problem = {
  reason: UnavailableReason;
  sentence: string;
  hint: string;
  fixSql?: string;
  sqlstate?: string;
  /** It is pgdeck's own pool that was full, not the question that took long: it is asked again soon. */
  notAsked?: true;
};

/** The process holds two copies of this class, one in each module graph; both carry this. */
const brand = Symbol.for('pgdeck.PostgresProblem');

/** An error that is already described; `problem` says it in words. */
export class PostgresProblem extends Error {
  readonly [brand] = true;
  readonly problem: Problem;
  constructor(problem: Problem, cause?: unknown) {
    super(problem.sentence, { cause });
    this.name = 'PostgresProblem';
    this.problem = problem;
  }

  /** True also for an error that the other copy made. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** No connection for questions became free in time; `why`: no other could be opened either. */
export function exhausted(
  pool: { seconds: number; inUse: number; most: number; waiting: number },
  why: Problem | undefined,
): PostgresProblem {
  const { seconds, inUse, most, waiting } = pool;
  const now = `${inUse} of ${most} are in use and ${waiting} ${waiting === 1 ? 'question waits' : 'questions wait'}`;
  return new PostgresProblem({
    reason: 'timeout',
    sentence: why
      ? `No connection became free within ${seconds} s: ${now}, and no other could be opened. ${why.sentence}`
      : `No connection became free within ${seconds} s: the pool is exhausted, ${now}.`,
    hint: 'The server answers slowly, or something is locked: see Locks. PGDECK_POOL_MAX allows more connections, PGDECK_POOL_TIMEOUT a longer wait.',
    notAsked: true,
  });
}

/** Several attempts to connect timed out, one after another, and none succeeded. */
export const silent: Problem = {
  reason: 'unreachable',
  sentence: 'The server does not answer: several attempts to connect timed out, one after another.',
  hint: 'Check host, port and the load of the server. A firewall in between that drops the packets is one possibility. pgdeck tries again by itself.',
};

/** A connection for questions was still being opened when the time was over. */
export function notOpened(seconds: number): PostgresProblem {
  return new PostgresProblem({
    reason: 'timeout',
    sentence: `No connection could be opened within ${seconds} s.`,
    hint: 'Attempts are made one after another: the server takes long to let pgdeck in. It tries again by itself.',
    notAsked: true,
  });
}

type ErrorLike = { code?: unknown; message?: unknown };

const bySqlstate: Record<string, (message: string) => Omit<Problem, 'sqlstate'>> = {
  '28P01': () => ({
    reason: 'unreachable',
    sentence: 'The server refused the password.',
    hint: 'Set the right password in DATABASE_URL (or PGPASSWORD, or ~/.pgpass) and start pgdeck again; if it is changed in the server, pgdeck connects by itself.',
  }),
  '28000': (message) =>
    /pg_hba/.test(message)
      ? {
          reason: 'unreachable',
          sentence: 'pg_hba.conf of the server has no entry for this role, database, address and encryption.',
          hint: 'Add a line to pg_hba.conf and reload, or connect with the encryption (sslmode) that an existing line asks for.',
        }
      : {
          reason: 'unreachable',
          sentence: 'The server does not let this role log in.',
          hint: 'Create the role with LOGIN, or name another one in DATABASE_URL.',
        },
  '3D000': () => ({
    reason: 'unreachable',
    sentence: 'The server has no database of this name.',
    hint: 'Name an existing database in DATABASE_URL.',
  }),
  '53300': (message) => ({
    reason: 'unreachable',
    // Not "remaining connection slots are reserved for roles with …", which is a full server.
    sentence: /^too many connections for (role|database)/.test(message)
      ? 'The connection limit of the role or database is reached.'
      : 'The server has no free connection slot.',
    hint: 'End idle sessions or raise the limit; from PostgreSQL 16 the role can be granted a reserved slot (pg_use_reserved_connections).',
  }),
  '57P01': () => ({
    reason: 'unreachable',
    sentence: 'The server ended the connection: it shuts down, or an administrator terminated it.',
    hint: 'pgdeck connects again by itself.',
  }),
  '57P03': () => ({
    reason: 'unreachable',
    sentence: 'The server is starting up, shutting down or recovering and takes no connections yet.',
    hint: 'pgdeck connects again by itself.',
  }),
  '57014': () => ({
    reason: 'timeout',
    sentence: 'The question took longer than 4 s and was cancelled.',
    hint: 'The server is busy, or the question is too large for it now; it is asked less often until it answers.',
  }),
  '55P03': () => ({
    reason: 'locked',
    sentence: 'Something that the question reads is locked exclusively.',
    hint: 'See Locks for who holds it; the question is asked again by itself.',
  }),
  '42501': () => ({
    reason: 'privilege',
    sentence: 'The role may not read this.',
    hint: 'Grant pg_monitor to the role that pgdeck connects as.',
  }),
  '55000': () => ({
    reason: 'setting',
    sentence: 'The extension is not loaded.',
    hint: 'Add pg_stat_statements to shared_preload_libraries and restart the server; then run the statement below in the watched database.',
    fixSql: 'create extension if not exists pg_stat_statements;',
  }),
  '25006': () => ({
    reason: 'standby',
    sentence: 'This server is a standby and only answers reads.',
    hint: 'Ask the primary.',
  }),
};
bySqlstate['58P01'] = () => ({
  reason: 'unreachable',
  sentence: 'The server cannot load its own libraries: its binaries were changed under it.',
  hint: 'Restart the PostgreSQL server.',
});

const byNetwork: Record<string, [sentence: string, hint: string]> = {
  ECONNREFUSED: [
    'Nothing listens at the address of the server.',
    'Start it if it does not run; else check host and port.',
  ],
  ENOENT: [
    'The Unix socket of the server does not exist.',
    'Start it if it does not run; else check the socket folder.',
  ],
  ENOTFOUND: ['The host name of the server is unknown.', 'Check the host in DATABASE_URL.'],
  EAI_AGAIN: ['The host name of the server could not be looked up.', 'Check the name service of this machine.'],
  ETIMEDOUT: ['The server does not answer in time.', 'It is busy, or does not run; pgdeck tries again by itself.'],
  EHOSTUNREACH: ['There is no route to the server.', 'Check host and network.'],
  ENETUNREACH: ['There is no route to the server.', 'Check host and network.'],
  ECONNRESET: ['The connection to the server was cut.', 'pgdeck connects again by itself.'],
  EACCES: ['This user may not open the Unix socket of the server.', 'Check the rights of the socket folder.'],
  EPROTO: [
    'The encrypted connection could not be agreed upon.',
    'The server may ask for a client certificate (sslcert, sslkey), or for another version of TLS.',
  ],
  CERT_NOT_YET_VALID: ["The server's certificate is not valid yet.", 'Compare the clocks of both machines.'],
  EPIPE: ['The connection to the server was cut.', 'pgdeck connects again by itself.'],
  SELF_SIGNED_CERT_IN_CHAIN: [
    "The server's certificate is signed by an authority this machine does not know.",
    'Set sslrootcert to the file of that authority, or sslmode=require to encrypt without checking.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    "The server's certificate is self-signed.",
    'Set sslrootcert to its file, or sslmode=require to encrypt without checking.',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    "The server's certificate could not be verified.",
    'Set sslrootcert to the file of its authority, or sslmode=require to encrypt without checking.',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    "The server's certificate could not be verified.",
    'Set sslrootcert to the file of its authority, or sslmode=require to encrypt without checking.',
  ],
  CERT_HAS_EXPIRED: ["The server's certificate has expired.", 'Renew it, or use sslmode=require until then.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "The server's certificate is for another host name.",
    'Use the name in the certificate, or sslmode=verify-ca, which does not compare names.',
  ],
};

/** Puts an error of node-postgres, TLS or the network in words; never with host, password or data. */
export function describeError(error: unknown): Problem {
  if (error instanceof PostgresProblem) return error.problem;
  const { code, message } = (error ?? {}) as ErrorLike;
  const text = typeof message === 'string' ? message : '';
  if (typeof code === 'string') {
    const network = byNetwork[code.startsWith('ERR_SSL_') ? 'EPROTO' : code];
    if (network) return { reason: 'unreachable', sentence: network[0], hint: network[1] };
    const known = bySqlstate[code];
    if (known) return { ...known(text), sqlstate: code };
    if (/^(08|57P)/.test(code))
      return {
        reason: 'unreachable',
        sentence: 'The connection to the server was lost.',
        hint: 'pgdeck connects again by itself.',
        sqlstate: code,
      };
    // The server's word for a missing relation, function or column: an extension that is absent or older than expected.
    if (/^42(P01|883|703|704)$/.test(code))
      return {
        reason: 'extension',
        sentence: 'The server does not know something that the question names.',
        hint: 'An extension is missing or older than its server: create it, or run alter extension … update.',
        sqlstate: code,
      };
    if (/^(53|54|58|XX)/.test(code))
      return {
        reason: 'unreachable',
        sentence: 'The server could not do it: it is out of a resource or reports an internal error.',
        hint: "See the server's log for this SQLSTATE.",
        sqlstate: code,
      };
  }
  if (/does not support SSL/i.test(text))
    return {
      reason: 'unreachable',
      sentence: 'The server does not offer encryption, and sslmode asks for it.',
      hint: 'Switch ssl on in the server, or use sslmode=prefer or disable.',
    };
  if (/timeout expired|Query read timeout|timed out/i.test(text))
    return {
      reason: /Query read timeout/.test(text) ? 'timeout' : 'unreachable',
      sentence: /Query read timeout/.test(text)
        ? 'The answer did not come in time.'
        : 'The server does not answer in time.',
      hint: 'It is busy, or does not run; pgdeck tries again by itself.',
    };
  if (
    /Connection terminated|Client has encountered a connection error|not queryable|Client was closed|socket/i.test(text)
  )
    return {
      reason: 'unreachable',
      sentence: 'The connection to the server was lost.',
      hint: 'pgdeck connects again by itself.',
    };
  if (/password must be a string|SASL/i.test(text))
    return {
      reason: 'unreachable',
      sentence: 'The server asks for a password and none was given, or the sign-in failed.',
      hint: 'Set the password in DATABASE_URL, PGPASSWORD or ~/.pgpass.',
    };
  throw error;
}

const atConnect: Record<string, [sentence: string, hint: string]> = {
  '42501': ['The role may not connect to this database.', 'Grant it CONNECT on the database, or name another one.'],
  '55000': [
    'This database takes no connections.',
    'Name another database in DATABASE_URL (datallowconn is off for this one).',
  ],
};

/**
 * Puts an error of connecting in words: some SQLSTATEs mean something else there, and whatever it is, the server is
 * unreachable for now.
 */
export function describeConnectError(error: unknown): Problem {
  if (error instanceof PostgresProblem) return error.problem;
  const code = String((error as ErrorLike | undefined)?.code ?? '');
  const special = atConnect[code];
  if (special) return { reason: 'unreachable', sentence: special[0], hint: special[1], sqlstate: code };
  try {
    const problem = describeError(error);
    if (problem.reason === 'unreachable' || problem.reason === 'timeout' || problem.reason === 'locked') return problem;
  } catch {
    // An error that has no sentence of its own.
  }
  return {
    reason: 'unreachable',
    sentence: `Connecting to the server failed${code ? ` (${code})` : ''}.`,
    hint: "The server's log tells more; pgdeck tries again by itself.",
    ...(/^[0-9A-Z]{5}$/.test(code) && { sqlstate: code }),
  };
}

/** Whether the connection itself is gone (rather than the statement refused). */
export function isConnectionError(error: unknown): boolean {
  const { code, message } = (error ?? {}) as ErrorLike;
  if (typeof code === 'string' && !(code in byNetwork) && /^[0-9A-Z]{5}$/.test(code)) return /^(08|57P0)/.test(code);
  return (
    (typeof code === 'string' && code in byNetwork) ||
    /Connection terminated|connection error|not queryable|Client was closed|socket|Query read timeout/i.test(
      typeof message === 'string' ? message : '',
    )
  );
}
