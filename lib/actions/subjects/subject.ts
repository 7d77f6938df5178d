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
  /** `create index …` as pg_get_indexdef() gives it. */
  definition: string;
  valid: boolean;
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
  setting: string;
  unit: string | null;
  vartype: string;
  min_val: string | null;
  max_val: string | null;
  enumvals: string[] | null;
  boot_val: string | null;
  context: string;
  source: string;
  pending_restart: boolean;
  category: string;
  short_desc: string;
  /** What postgresql.auto.conf says now; null where it says nothing, undefined where the role may not see it. */
  auto_value: string | null;
  auto_visible: boolean;
  may_alter: boolean;
};

/** An extension in a database; `installed` null: it is not there. */
export type ExtensionSubject = Read & {
  kind: 'extension';
  installed: string | null;
  schema: string | null;
  default_version: string | null;
  versions: string[];
  trusted: boolean;
  /** What needs it: other extensions and objects, quoted. */
  dependents: string[];
  superuser_needed: boolean;
  may_create: boolean;
  owns: boolean;
};

/** A replication slot. */
export type SlotSubject = Read & {
  kind: 'slot';
  slot_type: string;
  plugin: string | null;
  slot_database: string | null;
  active: boolean;
  active_pid: number | null;
  temporary: boolean;
  restart_lsn: string | null;
  wal_status: string | null;
  retained_bytes: number | null;
  xmin_age: number | null;
  may_replicate: boolean;
};

/** A prepared transaction. */
export type PreparedSubject = Read & {
  kind: 'prepared';
  gid: string;
  transaction: string;
  owner: string;
  age_seconds: number;
  locks: { relation: string; mode: string }[];
  xmin_age: number | null;
  may_finish: boolean;
};

/** A statement of pg_stat_statements, in all its roles' rows of one database. */
export type StatementSubject = Read & {
  kind: 'statement';
  userid: string;
  dbid: string;
  queryid: string;
  /** Schema of the extension, quoted. */
  schema: string;
  text: string;
  calls: number;
  total_seconds: number;
  may_reset: boolean;
};

/** A constraint and its table. */
export type ConstraintSubject = Read & {
  kind: 'constraint';
  oid: number;
  contype: string;
  definition: string;
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
  definition: string;
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
   * from; `target` is JSON as the preview wants it. Missing: it is chosen elsewhere.
   */
  choices?(reader: Reader, database: string): string;
};
