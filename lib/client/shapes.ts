import type { z } from 'zod';
import type { auditAnswer } from '@/lib/api/audit';
import type { findingsAnswer, verdict } from '@/lib/api/findings';
import type { role } from '@/lib/api/parts';
import type { serverSummary, serversAnswer } from '@/lib/api/servers';
import type { sessionAnswer, sessionServer, whyNot } from '@/lib/api/session';
import type { description } from '@/lib/api/topics';

export type { SeriesAnswer } from '@/lib/history/answers';

/** A server as `GET /api/servers` lists it; host, database and role only for admins, never the password. */
export type ServerSummary = z.infer<typeof serverSummary>;

/** Answer of `GET /api/servers`. */
export type ServersAnswer = z.infer<typeof serversAnswer>;

/** How a server is as a whole. */
export type Verdict = z.infer<typeof verdict>;

/** Answer of `GET /api/servers/:server/findings`. */
export type FindingsAnswer = z.infer<typeof findingsAnswer>;

/** Answer of `GET /api/servers/:server/:topic?describe=1`. */
export type Description = z.infer<typeof description>;

/** Answer of `GET /api/audit`; `next` is the `before` of the following page. */
export type AuditAnswer = z.infer<typeof auditAnswer>;

/** The roles that somebody can have; each may also do what the ones before it may. */
export type Role = z.infer<typeof role>;

/** Why nothing that asks for a role can be done, in a sentence; null: it can. */
export type WhyNot = z.infer<typeof whyNot>;

/** What somebody may see and do on one server; `whyNotIn` only where it differs from database to database. */
export type SessionServer = z.infer<typeof sessionServer>;

/** Answer of `GET /api/session`: who asks, until when (ISO 8601; null where there is no session that could end), and what they may do. */
export type SessionAnswer = z.infer<typeof sessionAnswer>;
