import { z } from 'zod';
import { quoted } from '@/lib/identifier';
import { defineWork, type Given, type Refusal } from './action';
import { installedNow, notAllowed, notPreloaded, preloadedColumn, versionLiteral } from './server/extension-words';
import type { ExtensionSubject } from './subjects/subject';

const options = z.strictObject({
  schema: z
    .string()
    .min(1, 'must not be empty')
    .max(63, 'is longer than a name can be')
    .default('public')
    .meta({ title: 'Schema', description: 'Where its functions and types are put; it must exist.' }),
  version: z
    .string()
    .min(1, 'must not be empty')
    .max(64, 'is longer than a version can be')
    .optional()
    .meta({ title: 'Version', description: "Empty: the server's default version." }),
});

type Asked = Given<ExtensionSubject, z.output<typeof options>>;

function chosen({ subject, options }: Asked) {
  const wanted = options.version ?? subject.default_version;
  return subject.versions.find(({ version }) => version === wanted);
}

function refuse(given: Asked): Refusal | undefined {
  const { subject, details, options } = given;
  const refused = notAllowed(subject);
  if (refused) return refused;
  const { name, installed, database } = subject;
  if (installed !== null)
    return { code: 'already_installed', message: `${name} ${installed} is installed in ${database} already.` };
  const version = chosen(given);
  if (!version)
    return {
      code: 'no_such_version',
      message: `The server has no version ${options.version} of ${name}; it has ${subject.versions.map((each) => each.version).join(', ')}.`,
    };
  const missing = (version.requires ?? []).filter((required) => !subject.installed_here.includes(required));
  if (missing.length > 0)
    return { code: 'needs_others', message: `${name} needs ${missing.join(' and ')}: create that first.` };
  return version.schema === null && !details[0]?.schema
    ? { code: 'no_such_schema', message: `There is no schema ${JSON.stringify(options.schema)} in ${database}.` }
    : undefined;
}

/** Creates an extension in a database: `CREATE EXTENSION`. */
export const createExtension = defineWork<ExtensionSubject, typeof options>({
  id: 'create-extension',
  title: 'Create extension',
  summary: 'Creates an extension from a list of harmless ones, of which the server has the files.',
  group: 'server',
  run: 'transactional',
  long: false,
  onStandby: false,
  targetKinds: ['extension'],
  role: 'admin',
  confirm: 'step',
  rights: 'Superuser; for trusted extensions CREATE on the database.',
  options,
  locks: [],
  touches: ['schema', 'slow-queries', 'statement-counters'],
  details: ({ subject, options }) => ({
    text: `select /* pgdeck:extension-schema */ (select format('%I', n.nspname) from pg_catalog.pg_namespace as n where n.nspname = $1) as schema,
  ${preloadedColumn(subject.name)} as preloaded`,
    values: [options.schema],
  }),
  refuse,
  plan: (given) => {
    const { subject, details, actor, options } = given;
    const version = chosen(given);
    // Without the clause it would go to the first schema of our own search_path.
    const schema = version?.schema ?? null;
    const where = schema === null ? String(details[0]?.schema) : quoted(schema);
    const may = subject.superuser || (version?.superuser === false && subject.may_create_here);
    return {
      question: `Create extension ${subject.quoted} in ${subject.database}?`,
      effect: `PostgreSQL runs the script of ${subject.name} ${version?.version} and puts what it makes into schema ${where}. Nothing else waits for it.`,
      typed: subject.name,
      facts: [
        { label: 'Version', value: version?.version ?? 'unknown' },
        { label: 'Schema', value: where },
        { label: 'Trusted', value: version?.trusted ? 'yes: who may create in the database may create it' : 'no' },
      ],
      warnings: notPreloaded(subject.name, details[0]),
      ...(!may && {
        missingRight: version?.superuser
          ? `Role ${actor.role} is no superuser, and only a superuser may create ${subject.name}: PostgreSQL will refuse it.`
          : `Role ${actor.role} may not create in this database, and PostgreSQL will refuse it: grant create on database ${quoted(subject.database)} to ${quoted(actor.role)};`,
      }),
      steps: [
        {
          sql: `create /* pgdeck:create-extension */ extension ${subject.quoted} schema ${where}${options.version ? ` version ${versionLiteral(options.version)}` : ''}`,
          locks: [],
          wait: 'brief',
          inTransaction: true,
        },
      ],
      undo: {
        sql: `drop extension ${subject.quoted} restrict`,
        body: {
          action: 'drop-extension',
          target: { kind: 'extension', database: subject.database, name: subject.name },
        },
      },
    };
  },
  proof: ({ subject }) => installedNow(subject.name),
  judge: (before, after, given) => {
    const { subject } = given;
    if (before || !after) return { done: false, message: `Nothing was done: ${subject.name} is not installed.` };
    return {
      done: true,
      message: `${subject.name} ${after.version} is installed in ${subject.database}.`,
      figures: [{ label: 'Version', before: null, after: String(after.version) }],
      undo: {
        sql: `drop extension ${subject.quoted} restrict`,
        body: {
          action: 'drop-extension',
          target: { kind: 'extension', database: subject.database, name: subject.name },
        },
      },
    };
  },
  not: 'Not created.',
});
