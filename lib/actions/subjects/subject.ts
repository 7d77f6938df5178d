import type { RelationFit } from '../fits';
import type { StatementsExtension } from '../server/statements-extension';
import type { Target, WorkTarget } from '../target';

/** What every subject has; a reader of a kind adds columns of its own. */
type Read = {
  /** The database that the statement is run in. */
  database: string;
  /** As it is written in SQL, quoted by the server, and shown: `public.orders`. */
  quoted: string;
  /** Its bare name, to be typed. */
  name: string;
  /** Another value means that it is another thing, or no longer the one that was previewed. */
  fingerprint: string;
};

/** A table, materialized view, sequence or index; sizes are the planner's estimates in pages of 8 KB. */
export type RelationSubject = Read & {
  kind: 'relation';
  oid: number;
  /** 0 for a relation that all databases share, as pg_locks has it. */
  database_oid: number;
  schema: string;
  relkind: string;
  shared: boolean;
  owner: string | null;
  estimated_rows: number;
  pages: number;
  /** The role owns it, or the database it is in, or is a superuser. */
  owns: boolean;
  /** The role owns the relation itself, or is a superuser: what ALTER, CREATE INDEX and DROP want. */
  owns_relation: boolean;
  /** The role has MAINTAIN on it (from PostgreSQL 17). */
  may_maintain: boolean;
  changed_rows: number | null;
  dead_rows: number | null;
  last_analyze: string | null;
  last_autoanalyze: string | null;
  last_vacuum: string | null;
  last_autovacuum: string | null;
};

/** An index and its table. */
export type IndexSubject = Read & {
  kind: 'index';
  oid: number;
  database_oid: number;
  schema: string;
  relkind: string;
  owner: string | null;
  owns_relation: boolean;
  may_maintain: boolean;
  pages: number;
  method: string;
  /** `create index …` as pg_get_indexdef() gives it; null while somebody has locked the table against everybody: to ask would wait. */
  definition: string | null;
  valid: boolean;
  /** What an INVALID one is in the hands of: `is being built now by …`; null: nobody is seen. */
  builder: string | null;
  ready: boolean;
  unique: boolean;
  primary: boolean;
  replica_identity: boolean;
  scans: number;
  /** The constraint that it backs. */
  constraint: string | null;
  /** The partitioned index that it belongs to, quoted. */
  parent: string | null;
  table_oid: number;
  table_quoted: string;
  table_relkind: string;
  table_pages: number;
};

/** A database as a whole. */
export type DatabaseSubject = Read & {
  kind: 'database';
  oid: number;
  owner: string | null;
  owns: boolean;
  size_bytes: number | null;
  /** The version of the collation recorded and the one the operating system has; null before PostgreSQL 15. */
  collation_version: string | null;
  actual_collation_version: string | null;
};

/** The server as a whole. */
export type ServerSubject = Read & { kind: 'server'; wal_lsn: string | null };

/** A setting as it is in effect and as it was last loaded from the files. */
export type SettingSubject = Read & {
  kind: 'setting';
  /** What RESET brings in a session: the server's value; null where this session, role or database has one of its own. */
  setting: string | null;
  unit: string | null;
  vartype: string;
  min_val: string | null;
  max_val: string | null;
  enumvals: string[] | null;
  boot_val: string | null;
  context: string;
  source: string;
  /** The file that it comes from; null also where the role may not see it. */
  sourcefile: string | null;
  source_visible: boolean;
  pending_restart: boolean;
  category: string;
  short_desc: string;
  /** Whether it is in effect cannot be seen from a session of pgdeck, only in the files. */
  hidden: boolean;
  /** The role may read pg_file_settings. */
  auto_visible: boolean;
  may_alter: boolean;
  may_reload: boolean;
  /** False where allow_alter_system is off (from PostgreSQL 17). */
  alter_system_allowed: boolean;
};

/** An extension in a database; `installed` null: it is not there. */
export type ExtensionSubject = Read & {
  kind: 'extension';
  installed: string | null;
  /** Quoted, and as it is. */
  schema: string | null;
  schema_name: string | null;
  default_version: string | null;
  /** What the server has files of; `schema`: the one that it must be in. */
  versions: {
    version: string;
    superuser: boolean;
    trusted: boolean;
    schema: string | null;
    requires: string[] | null;
  }[];
  owner: string | null;
  owns: boolean;
  superuser: boolean;
  /** The role may create things in this database. */
  may_create_here: boolean;
  /** All extensions of this database. */
  installed_here: string[];
};

/** A replication slot. */
export type SlotSubject = Read & {
  kind: 'slot';
  /** Its name as a literal, quoted by the server. */
  literal: string;
  slot_type: string;
  plugin: string | null;
  slot_database: string | null;
  active: boolean;
  active_pid: number | null;
  temporary: boolean;
  restart_lsn: string | null;
  /** How far its consumer said that it has come. */
  confirmed_flush_lsn: string | null;
  wal_status: string | null;
  retained_bytes: number | null;
  xmin_age: number | null;
  /** Standbys keep a copy of it (from PostgreSQL 17). */
  failover: boolean;
  /** It is such a copy. */
  synced: boolean;
  may_replicate: boolean;
};

/** A prepared transaction; `quoted` is its identifier as a literal. */
export type PreparedSubject = Read & {
  kind: 'prepared';
  gid: string;
  transaction: string;
  owner: string;
  age_seconds: number;
  xmin_age: number | null;
  may_finish: boolean;
};

/** A statement of pg_stat_statements: role 0 stands for all roles. */
export type StatementSubject = Read & {
  kind: 'statement';
  userid: string;
  dbid: string;
  queryid: string;
  of_database: string | null;
  of_role: string;
} & StatementsExtension;

/** A constraint and its table. */
export type ConstraintSubject = Read & {
  kind: 'constraint';
  oid: number;
  contype: string;
  /** Null while somebody has locked the table against everybody: to ask would wait. */
  definition: string | null;
  validated: boolean;
  table_oid: number;
  table_quoted: string;
  table_pages: number;
  estimated_rows: number;
  database_oid: number;
  referenced_oid: number | null;
  referenced_quoted: string | null;
  owns_relation: boolean;
};

/** A statistics object. */
export type StatisticsSubject = Read & {
  kind: 'statistics';
  oid: number;
  /** Null while somebody has locked the table against everybody: to ask would wait. */
  definition: string | null;
  table_oid: number;
  table_quoted: string;
  owns: boolean;
};

/** An ended run with an undo: what it left to be restored. */
export type RunSubject = Read & {
  kind: 'run';
  runId: string;
  /** The statement as the audit kept it. */
  sql: string;
  /** The table that it was on; null in audits of before, which do not tell. */
  table_oid: number | null;
  /** What was done, when and by whom. */
  title: string;
  at: string;
  user: string;
};

/** What an action is done to, as the server tells it now. */
export type Subject =
  | RelationSubject
  | IndexSubject
  | DatabaseSubject
  | ServerSubject
  | SettingSubject
  | ExtensionSubject
  | SlotSubject
  | PreparedSubject
  | StatementSubject
  | ConstraintSubject
  | StatisticsSubject
  | RunSubject;

/** A subject of one kind. */
export type SubjectOf<Kind extends Subject['kind']> = Extract<Subject, { kind: Kind }>;

/** What a reader is told: who acts, on which version, in which database the role is at home. */
export type Reader = { role: string; major: number; home: string };

/** How a kind of subject is read, and which there are to choose from. */
export type SubjectReader<Kind extends WorkTarget['kind'] = WorkTarget['kind']> = {
  /** The database to read in, where the target does not name one; missing: the one of the target, else home. */
  database?(target: Extract<Target, { kind: Kind }>, reader: Reader): string;
  /** One row: the subject without `kind` and, where it is the one asked, `database`; no row: it is gone. */
  read(target: Extract<Target, { kind: Kind }>, reader: Reader): { text: string; values: unknown[] };
  /**
   * Rows `{ label, detail, target }` whose label contains the text (`$1`, lower case, '' for all), at most `$2`, to choose
   * from; `target` is JSON as the preview wants it; `fit`: of relations only these. Missing: it is chosen elsewhere.
   */
  choices?(reader: Reader, database: string, fit?: Partial<RelationFit>): string;
};
