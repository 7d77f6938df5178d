import { type Capabilities, catalogSql, identitySql, systemIdentifierSql } from './capabilities';
import { isConnectionError } from './errors';
import type { Session } from './session';

/** What tells one run of a server from the next, and a standby from a primary. */
export type Beat = { in_recovery: boolean; postmaster_start: string };

/** Who answers, and as whom: from functions alone. */
export type Identity = Beat & {
  version_num: number;
  version: string;
  superuser: boolean;
  role: string;
  database: string;
};

type Catalog = {
  extensions: { name: string; schema: string; version: string }[] | null;
  databases: string[] | null;
  grants: string[] | null;
  settings: Record<string, string> | null;
};

/** Asks a session who it is connected to. */
export async function readIdentity(session: Session): Promise<Identity> {
  const [row] = (await session.query<Identity>(identitySql, [], { rarely: true })).rows;
  if (!row) throw new Error('Connection terminated');
  return row;
}

/** Asks what the server has and the role may see; what a lock or a missing right hides stays as it was `before`. */
export async function readCapabilities(
  session: Session,
  identity: Identity,
  before: Capabilities | undefined,
): Promise<Capabilities> {
  const [catalog] = await readable<Catalog>(session, catalogSql);
  const [cluster] = await readable<{ system_identifier: string }>(session, systemIdentifierSql);
  return {
    versionNum: identity.version_num,
    major: Math.floor(identity.version_num / 10_000),
    version: identity.version,
    inRecovery: identity.in_recovery,
    postmasterStart: identity.postmaster_start,
    systemIdentifier: cluster?.system_identifier ?? before?.systemIdentifier ?? null,
    role: identity.role,
    superuser: identity.superuser,
    database: identity.database,
    databases: catalog?.databases ?? before?.databases ?? [identity.database],
    extensions: catalog
      ? new Map((catalog.extensions ?? []).map(({ name, schema, version }) => [name, { schema, version }]))
      : (before?.extensions ?? new Map()),
    grants: catalog ? new Set(catalog.grants ?? []) : (before?.grants ?? new Set()),
    settings: catalog ? new Map(Object.entries(catalog.settings ?? {})) : (before?.settings ?? new Map()),
    pooled: session.pooled,
    encrypted: session.encrypted,
  };
}

/** The rows of a statement, or none where it is refused; a lost connection is an error all the same. */
async function readable<Row>(session: Session, text: string): Promise<Row[]> {
  try {
    return (await session.query<Row>(text, [], { rarely: true })).rows;
  } catch (error) {
    if (isConnectionError(error)) throw error;
    return [];
  }
}
