import type { AuditEntry, PreviewBody } from '@/lib/actions/protocol';
import type { Finding } from '@/lib/checks/check';

export type { SeriesAnswer } from '@/lib/history/answers';

/** A server as `GET /api/servers` lists it; host, database and role only for admins, never the password. */
export type ServerSummary = {
  id: string;
  name: string;
  state: 'starting' | 'ok' | 'degraded' | 'unreachable';
  demo: boolean;
  versionNum: number | null;
  inRecovery: boolean | null;
  databases: string[];
  tags: string[];
  environment: string | null;
  host?: string;
  port?: number;
  database?: string;
  role?: string;
  actionRole?: string;
  /** How many times less often it is asked, because pgdeck took more than its budget; 1: it keeps its cadences. */
  slowedDown: number;
  /** Why it is not connected, where it is not. */
  problem?: { reason: string; sentence: string; hint: string; fixSql?: string; sqlstate?: string } | null;
};

/** How a server is as a whole. */
export type Verdict = 'ok' | 'warning' | 'critical' | 'unknown';

/** Answer of `GET /api/servers/:server/findings`. */
export type FindingsAnswer = {
  verdict: Verdict;
  findings: Finding[];
  notJudged: { check: string; title: string; because: string; fixSql?: string; remedy?: PreviewBody }[];
  ok: { check: string; title: string; sentence: string }[];
  /** ISO 8601; null before the first judgement. */
  judgedAt: string | null;
  /** All that was looked at, for who may see only these databases. */
  of?: string[];
};

/** Answer of `GET /api/servers/:server/:topic?describe=1`. */
export type Description = {
  id: string;
  title: string;
  summary: string;
  scope: 'server' | 'database';
  sources: string[];
  cadenceSeconds: number;
  currentCadenceSeconds: number;
  /** Null where the rows are pgdeck's own figures, or this server cannot be asked. */
  sql: string | null;
  columns: Record<string, { meaning: string; unit: string | null }>;
};

/** Answer of `GET /api/audit`; `next` is the `before` of the following page. */
export type AuditAnswer = {
  entries: AuditEntry[];
  next: number | null;
  state?: unknown;
  /** Whether lines are copied to the history store, and how many are not yet. */
  copies?: { on: boolean; waiting?: number | null; problem?: string };
};

/** The roles that somebody can have; each may also do what the ones before it may. */
export type Role = 'viewer' | 'operator' | 'admin';

/** Why nothing that asks for a role can be done, in a sentence; null: it can. */
export type WhyNot = { operator: string | null; admin: string | null };

/** What somebody may see and do on one server; `whyNotIn` only where it differs from database to database. */
export type SessionServer = {
  role: Role;
  /** The databases that they may see; null: all. */
  databases: string[] | null;
  queryText: 'plain' | 'reveal' | 'masked' | 'hidden';
  whyNot: WhyNot;
  whyNotIn?: Record<string, WhyNot>;
};

/** Answer of `GET /api/session`: who asks, until when (ISO 8601; null where there is no session that could end), and what they may do. */
export type SessionAnswer = {
  user: {
    name: string;
    role: Role;
    mode: 'local' | 'anonymous' | 'password' | 'oidc' | 'proxy' | 'token' | 'embed';
  };
  /** When this was answered, by pgdeck's clock: a browser's may be wrong. */
  now: string;
  expiresAt: string | null;
  idleExpiresAt: string | null;
  servers: Record<string, SessionServer>;
};
