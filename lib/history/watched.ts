import type { AnyTopic, Partial, Raw } from '@/lib/topics/topic';
import {
  type ConfigurationRow,
  configurationChanges,
  type ResetState,
  type RunState,
  resetChanges,
  runChanges,
} from './changes';
import type { Draft } from './draft';
import { type SchemaGroup, schemaChanges } from './schema-changes';

/** What is remembered of a topic to tell what changed: its state in rows, and how two states differ. */
// biome-ignore lint/suspicious/noExplicitAny: each has a state of its own shape
export type Watched<State = any> = {
  /** Undefined: these rows do not tell. */
  state(rows: Raw[], partial: Partial[]): State | undefined;
  same(before: State, after: State): boolean;
  /** `seenAt`: when the state before was seen, epoch milliseconds. */
  changes(before: State, after: State, database: string | null, seenAt: number): Draft[];
  /** What of a large state is enough for `same`; the whole is only in the store. */
  small?(state: State): State;
  /** True: changes tell their own time, so that the time of the last look is of no use. */
  timed?: boolean;
};

const sameText = (before: unknown, after: unknown) => JSON.stringify(before) === JSON.stringify(after);

const run: Watched<RunState> = {
  state: ([row]) =>
    row && {
      postmaster_start_time: String(row.postmaster_start_time),
      in_recovery: row.in_recovery === true,
      server_version: String(row.server_version),
    },
  same: sameText,
  changes: (before, after, _database, seenAt) => runChanges(before, after, seenAt),
};

const resets = (name: (row: Raw) => string, counted: (row: Raw) => boolean): Watched<ResetState> => ({
  state: (rows) => {
    const entries = rows.map((row) => [
      name(row),
      { since: (row.stats_reset as string | null) ?? null, counted: counted(row) },
    ]);
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  },
  same: sameText,
  changes: resetChanges,
  timed: true,
});

const configuration: Watched<ConfigurationRow[]> = {
  state: (rows) => (rows.length > 0 ? (rows as ConfigurationRow[]) : undefined),
  same: sameText,
  changes: configurationChanges,
};

type SchemaState = { major: number; capped: boolean; groups: SchemaGroup[] };

const schema: Watched<SchemaState> = {
  state: (rows, partial) =>
    rows.length === 0 || partial.some(({ reason }) => reason === 'locked')
      ? undefined
      : {
          major: Math.floor(Number(rows[0]?.server_version_num) / 10_000),
          capped: partial.length > 0,
          groups: rows.map(({ schemaname, kind, fingerprint, definitions }) => ({
            schemaname,
            kind,
            fingerprint,
            definitions,
          })) as SchemaGroup[],
        },
  same: (before, after) => sameText(marks(before), marks(after)),
  changes: (before, after, database) =>
    schemaChanges(before.groups, after.groups, {
      database: database ?? '',
      capped: before.capped || after.capped,
      otherVersion: before.major !== after.major,
    }),
  small: (state) => ({ ...state, groups: state.groups.map((group) => ({ ...group, definitions: [] })) }),
};

const marks = ({ groups }: SchemaState) =>
  groups.map(({ schemaname, kind, fingerprint }) => `${schemaname} ${kind} ${fingerprint}`).sort();

const always = () => true;

/** Topics that tell of changes, by id. */
const watched: Record<string, Watched> = {
  server: run,
  databases: resets(
    (row) => `database ${row.datname}`,
    // Before PostgreSQL 15 the figures of a database begin, with a time, when somebody first connects to it.
    (row) => Number(row.xact_commit) > 0,
  ),
  wal: resets(() => 'WAL and checkpoints', always),
  'slow-queries': resets(() => 'pg_stat_statements', always),
  configuration,
  schema,
};

/** How a topic tells of changes; undefined where it does not. */
export function watchedBy(topic: AnyTopic): Watched | undefined {
  return Object.hasOwn(watched, topic.id) ? watched[topic.id] : undefined;
}
