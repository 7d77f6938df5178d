import { list } from '@/lib/format';
import { defineWork, type Given, type Judgement, type Reading, type Refusal, type Row } from './action';
import type { Figure, Undo } from './protocol';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';
import { firstUserOid, needsMajor, notFor } from './tables/maintenance';
import {
  type StorageValue,
  storageOptions,
  storageParameters,
  storageText,
  storageValue,
} from './tables/storage-parameters';

type Values = Record<string, StorageValue | undefined>;
type Asked = Given<RelationSubject, Values>;

/** What the catalog has: the parameters of the table and of its TOAST table; no OID: it has none. */
type Stored = { options: string[] | null; toast: number | null; toast_options: string[] | null };

function reading(tag: string, { subject }: { subject: RelationSubject }): Reading {
  return {
    text: `select /* pgdeck:${tag} */ to_json(c.reloptions) as options, t.oid as toast, to_json(t.reloptions) as toast_options
from pg_catalog.pg_class as c left join pg_catalog.pg_class as t on t.oid = c.reltoastrelid
where c.oid = ${digits(subject.oid)}::oid`,
  };
}

function valueIn(stored: Stored, name: string): StorageValue | undefined {
  return storageValue(name, name.startsWith('toast.') ? stored.toast_options : stored.options);
}

/** The parameters that are asked for and not so already. */
function changesIn({ options, details }: Asked): [string, StorageValue][] {
  const stored = details[0] as Stored;
  return Object.entries(options).filter(
    (each): each is [string, StorageValue] => each[1] !== undefined && each[1] !== valueIn(stored, each[0]),
  );
}

function refuse(given: Asked): Refusal | undefined {
  const { subject, options, actor, details } = given;
  if (subject.relkind === 'p')
    return {
      code: 'partitioned',
      message: `${subject.quoted} is a partitioned table: PostgreSQL keeps these parameters on each partition, so set them there.`,
    };
  const kind = notFor(subject, 'rm', 'only tables and materialized views have these parameters.');
  if (kind) return kind;
  if (subject.oid < firstUserOid)
    return { code: 'system', message: `${subject.quoted} belongs to PostgreSQL and is not altered.` };
  const asked = Object.keys(options).filter((name) => options[name] !== undefined);
  if (asked.length === 0) return { code: 'nothing_asked', message: 'No parameter is named.' };
  for (const name of asked) {
    const from = storageParameters[name]?.from;
    if (from !== undefined && actor.major < from) return needsMajor(name, from, actor);
  }
  const stored = details[0] as Stored | undefined;
  if (stored && !stored.toast && asked.some((name) => name.startsWith('toast.')))
    return { code: 'no_toast', message: `${subject.quoted} has no TOAST table.` };
  return changesIn(given).length === 0
    ? { code: 'nothing_changes', message: `${subject.quoted} has these values already.` }
    : undefined;
}

function statement({ quoted, relkind }: RelationSubject, changes: [string, StorageValue][]): string {
  const set = changes.flatMap(([name, value]) => (value === null ? [] : [`${name} = ${storageText(value)}`]));
  const reset = changes.flatMap(([name, value]) => (value === null ? [name] : []));
  const parts = [
    ...(set.length > 0 ? [`set (${set.join(', ')})`] : []),
    ...(reset.length > 0 ? [`reset (${reset.join(', ')})`] : []),
  ];
  // Both in one statement, so that it is all or nothing.
  return `alter /* pgdeck:set-storage-parameters */ ${relkind === 'm' ? 'materialized view' : 'table'} ${quoted} ${parts.join(', ')}`;
}

/** The values that were there before; undefined where one of them cannot be set from here. */
function undoOf(given: Asked): Undo | undefined {
  const { subject, details } = given;
  const old = changesIn(given).map(([name]) => [name, valueIn(details[0] as Stored, name)] as const);
  const known = old.filter((each): each is [string, StorageValue] => each[1] !== undefined);
  const options = Object.fromEntries(known);
  if (known.length < old.length || !storageOptions.safeParse(options).success) return undefined;
  return {
    sql: statement(subject, known),
    body: {
      action: 'set-storage-parameters',
      target: { kind: 'relation', database: subject.database, oid: subject.oid },
      options,
    },
  };
}

function words(name: string, value: StorageValue | undefined): string {
  if (value === null) return name === 'fillfactor' ? 'not set: 100' : "not set: the server's setting";
  return value === undefined ? 'not readable' : typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

function figures(before: Stored, after: Stored, changes: [string, StorageValue][]): Figure[] {
  return changes.map(([label]) => ({
    label,
    before: words(label, valueIn(before, label)),
    after: words(label, valueIn(after, label)),
  }));
}

function judge(before: Row | undefined, after: Row | undefined, given: Asked): Judgement {
  const { subject } = given;
  const changes = changesIn(given);
  if (!after) return { done: false, message: `${subject.quoted} is gone.` };
  const missing = changes.filter(([name, value]) => valueIn(after as Stored, name) !== value);
  if (missing.length > 0)
    return { done: false, message: `Not in effect: ${list(missing.map(([name]) => name))} of ${subject.quoted}.` };
  const undo = undoOf(given);
  return {
    done: true,
    message: `${subject.quoted} has the new values.`,
    figures: before ? figures(before as Stored, after as Stored, changes) : [],
    ...(undo ? { undo } : { warnings: ['The old values cannot be set from here: there is no undo.'] }),
  };
}

function warningsOf(changes: [string, StorageValue][]): string[] {
  const warnings = [];
  if (changes.some(([name, value]) => name.endsWith('autovacuum_enabled') && value === false))
    warnings.push(
      'Without autovacuum dead rows pile up and the statistics grow old; it still comes against wraparound. Vacuum and analyze the table yourself.',
    );
  if (changes.some(([name]) => name === 'fillfactor'))
    warnings.push('fillfactor is for pages that are filled from now on: those that are full stay so until a rewrite.');
  return warnings;
}

/** Sets autovacuum's parameters and the fillfactor of one table, or goes back to the server's: `ALTER TABLE … SET`. */
export const setStorageParameters = defineWork<RelationSubject, typeof storageOptions>({
  id: 'set-storage-parameters',
  title: 'Set storage parameters',
  summary: 'Sets how autovacuum treats one table, and its fillfactor, or goes back to the settings of the server.',
  group: 'tables',
  run: 'transactional',
  long: false,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the table, or superuser.',
  options: storageOptions,
  locks: [
    {
      object: 'the table and its TOAST table, for a moment',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables'],
  details: (given) => reading('storage-parameters', given),
  refuse,
  plan: (given) => {
    const { subject, actor, details } = given;
    const changes = changesIn(given);
    const undo = undoOf(given);
    return {
      question: `Set ${list(changes.map(([name]) => name))} of ${subject.quoted}?`,
      effect:
        'PostgreSQL writes the values into its catalog; autovacuum goes by them from its next look at the table on. Reads and writes go on.',
      typed: subject.name,
      facts: changes.map(([name, value]) => ({
        label: name,
        value: `${words(name, valueIn(details[0] as Stored, name))} → ${words(name, value)}`,
      })),
      warnings: warningsOf(changes),
      ...(!subject.owns_relation && {
        missingRight: `Role ${actor.role} does not own ${subject.quoted}, so PostgreSQL will refuse this (42501).`,
      }),
      steps: [
        {
          sql: statement(subject, changes),
          locks: [
            {
              oid: subject.oid,
              relation: subject.quoted,
              mode: 'ShareUpdateExclusiveLock',
              also: [{ what: 'toast', mode: 'ShareUpdateExclusiveLock' }],
            },
          ],
          wait: 'brief',
          inTransaction: true,
        },
      ],
      ...(undo && { undo }),
    };
  },
  proof: (given) => reading('stored-parameters', given),
  judge,
  not: 'Not set.',
});
