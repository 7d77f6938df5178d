import { z } from 'zod';
import { defineWork, type Refusal } from './action';
import { installedNow, notAllowed } from './server/extension-words';
import type { ExtensionSubject } from './subjects/subject';

const options = z.strictObject({});
const mostNamed = 20;

/**
 * `dependent`: what RESTRICT stops at: an object that needs the extension or a member of it, and is neither a member nor a
 * part of one. `member`: tables and views that go with it.
 */
const detailsSql = `with /* pgdeck:extension-dependents */ ext as (
  select e.oid from pg_catalog.pg_extension as e where e.extname = $1
), members as (
  select d.classid, d.objid from pg_catalog.pg_depend as d, ext
  where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = ext.oid and d.deptype = 'e'
), parts as (
  select m.classid, m.objid from members as m
  union
  select d.classid, d.objid from pg_catalog.pg_depend as d
  join members as m on m.classid = d.refclassid and m.objid = d.refobjid
  where d.deptype in ('i', 'a')
), dependents as (
  select distinct d.classid, d.objid, d.objsubid from pg_catalog.pg_depend as d
  where d.deptype = 'n' and ((d.refclassid, d.refobjid) in (select p.classid, p.objid from parts as p)
      or (d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = (select ext.oid from ext)))
    and (d.classid, d.objid) not in (select p.classid, p.objid from parts as p)
)
(select 'dependent' as kind, pg_describe_object(d.classid, d.objid, d.objsubid) as object, null::oid as oid, count(*) over ()::int as count
  from dependents as d order by 2 limit ${mostNamed})
union all
(select 'member', c.oid::regclass::text, c.oid, 0 from members as m
  join pg_catalog.pg_class as c on m.classid = 'pg_catalog.pg_class'::regclass and c.oid = m.objid
  where c.relkind in ('r', 'v', 'm', 'f', 'p') order by c.oid)`;

function refuse({
  subject,
  details,
}: {
  subject: ExtensionSubject;
  details: Record<string, unknown>[];
}): Refusal | undefined {
  const refused = notAllowed(subject);
  if (refused) return refused;
  if (subject.installed === null)
    return { code: 'not_installed', message: `${subject.name} is not installed in ${subject.database}.` };
  const needing = details.filter(({ kind }) => kind === 'dependent');
  const count = Number(needing[0]?.count ?? 0);
  const more = count > needing.length ? ` and ${count - needing.length} more` : '';
  return count > 0
    ? {
        code: 'in_use',
        message: `${subject.name} is needed by ${needing.map(({ object }) => object).join(', ')}${more}. pgdeck never drops what depends on it.`,
      }
    : undefined;
}

/** Drops an extension that nothing depends on: `DROP EXTENSION … RESTRICT`. */
export const dropExtension = defineWork<ExtensionSubject, typeof options>({
  id: 'drop-extension',
  title: 'Drop extension',
  summary: 'Drops an extension that nothing in the database depends on.',
  group: 'server',
  run: 'transactional',
  long: false,
  onStandby: false,
  targetKinds: ['extension'],
  role: 'admin',
  confirm: 'typed',
  rights: 'Owner of the extension, or superuser.',
  options,
  locks: [
    { object: 'tables and views of the extension', mode: 'AccessExclusiveLock', blocks: 'reads and writes of them' },
  ],
  touches: ['schema', 'slow-queries', 'statement-counters'],
  details: ({ subject }) => ({ text: detailsSql, values: [subject.name] }),
  refuse,
  plan: ({ subject, details, actor }) => ({
    question: `Drop extension ${subject.quoted} in ${subject.database}?`,
    effect: `Its functions, types and views go, and what they counted with them. It is refused where anything depends on it.${
      subject.name === 'pg_stat_statements'
        ? " The server goes on counting statements, and pgdeck's own history keeps what it has, but pgdeck cannot read them any more where this was the extension that it reads through."
        : ''
    }`,
    typed: subject.name,
    facts: [
      { label: 'Version', value: subject.installed ?? '' },
      { label: 'Schema', value: subject.schema ?? '' },
      { label: 'Owner', value: subject.owner ?? 'unknown' },
    ],
    warnings: undoOf(subject) ? [] : ['The server has no files of this version, so it cannot be created again.'],
    ...(!subject.owns && {
      missingRight: `Role ${actor.role} does not own ${subject.name} (${subject.owner} does): PostgreSQL will refuse it.`,
    }),
    steps: [
      {
        sql: `drop /* pgdeck:drop-extension */ extension ${subject.quoted} restrict`,
        locks: details
          .filter(({ kind }) => kind === 'member')
          .map(({ oid, object }) => ({ oid: Number(oid), relation: String(object), mode: 'AccessExclusiveLock' })),
        wait: 'brief',
        inTransaction: true,
      },
    ],
    ...(undoOf(subject) && { undo: undoOf(subject) }),
  }),
  proof: ({ subject }) => installedNow(subject.name),
  judge: (before, after, { subject }) =>
    after
      ? { done: false, message: `Nothing was done: ${subject.name} is still installed.` }
      : {
          done: true,
          message: `${subject.name} is dropped.`,
          figures: [{ label: 'Version', before: String(before?.version ?? subject.installed), after: null }],
          ...(undoOf(subject) && { undo: undoOf(subject) }),
        },
  not: 'Not dropped.',
});

function undoOf({ quoted, schema, schema_name, installed, versions, database, name }: ExtensionSubject) {
  if (installed === null || schema_name === null || !versions.some(({ version }) => version === installed)) return;
  return {
    sql: `create extension ${quoted} schema ${schema} version '${installed}'`,
    body: {
      action: 'create-extension',
      target: { kind: 'extension' as const, database, name },
      options: { schema: schema_name, version: installed },
    },
  };
}
