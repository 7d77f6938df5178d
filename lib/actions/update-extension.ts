import { z } from 'zod';
import { defineWork, type Given, type Refusal } from './action';
import { installedNow, notAllowed, versionLiteral } from './server/extension-words';
import type { ExtensionSubject } from './subjects/subject';

const options = z.strictObject({
  version: z
    .string()
    .min(1, 'must not be empty')
    .max(64, 'is longer than a version can be')
    .optional()
    .meta({ title: 'To version', description: "Empty: the server's default version." }),
});

type Asked = Given<ExtensionSubject, z.output<typeof options>>;

const wantedOf = ({ subject, options }: Asked) => options.version ?? subject.default_version ?? '';

function refuse(given: Asked): Refusal | undefined {
  const { subject, details } = given;
  const refused = notAllowed(subject);
  if (refused) return refused;
  const { name, installed, database } = subject;
  if (installed === null) return { code: 'not_installed', message: `${name} is not installed in ${database}.` };
  const wanted = wantedOf(given);
  if (wanted === installed) return { code: 'no_change', message: `${name} is at version ${installed} already.` };
  const known = details.map(({ target }) => String(target)).filter((target) => target !== installed);
  return details.some(({ target, path }) => target === wanted && path !== null)
    ? undefined
    : {
        code: 'no_path',
        message: `The server has no way to update ${name} from ${installed} to ${wanted || 'another version'}. From here it can become ${known.join(', ') || 'nothing else'}.`,
      };
}

/** Brings an extension to another version: `ALTER EXTENSION … UPDATE`. */
export const updateExtension = defineWork<ExtensionSubject, typeof options>({
  id: 'update-extension',
  title: 'Update extension',
  summary: "Brings an extension to another version that the server has the files of, by the extension's own scripts.",
  group: 'server',
  run: 'transactional',
  long: false,
  onStandby: false,
  targetKinds: ['extension'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the extension, and superuser where the new version is not trusted.',
  options,
  locks: [
    {
      object: 'what the script changes',
      mode: 'AccessExclusiveLock',
      blocks: 'reads and writes of those views and tables, for a moment',
    },
  ],
  touches: ['schema', 'slow-queries', 'statement-counters'],
  details: ({ subject }) => ({
    text: `select /* pgdeck:extension-paths */ p.target, p.path,
  exists (select from pg_catalog.pg_extension_update_paths($1) as b where b.source = p.target and b.target = p.source and b.path is not null) as back
from pg_catalog.pg_extension_update_paths($1) as p
where p.source = $2 and p.path is not null
order by 1`,
    values: [subject.name, subject.installed],
  }),
  refuse,
  plan: (given) => {
    const { subject, details, actor } = given;
    const wanted = wantedOf(given);
    const way = details.find(({ target }) => target === wanted);
    const to = subject.versions.find(({ version }) => version === wanted);
    const may = subject.superuser || (subject.owns && to?.superuser === false);
    return {
      question: `Update extension ${subject.quoted} to ${wanted}?`,
      effect: `PostgreSQL runs the update scripts of ${subject.name}. Views and functions that it replaces are locked for that moment.`,
      typed: subject.name,
      facts: [
        { label: 'Installed', value: subject.installed ?? 'no' },
        { label: 'Path', value: String(way?.path ?? '') },
      ],
      warnings: way?.back ? [] : [`There is no way back from ${wanted} to ${subject.installed}: it cannot be undone.`],
      ...(!may && {
        missingRight: subject.owns
          ? `Role ${actor.role} is no superuser, and only a superuser may install ${subject.name} ${wanted}: PostgreSQL will refuse it.`
          : `Role ${actor.role} does not own ${subject.name} (${subject.owner} does): PostgreSQL will refuse it.`,
      }),
      steps: [
        {
          sql: `alter /* pgdeck:update-extension */ extension ${subject.quoted} update to ${versionLiteral(wanted)}`,
          locks: [],
          wait: 'brief',
          inTransaction: true,
        },
      ],
      ...(way?.back === true && { undo: undoOf(subject) }),
    };
  },
  proof: ({ subject }) => installedNow(subject.name),
  judge: (before, after, given) => {
    const { subject, details } = given;
    const wanted = wantedOf(given);
    if (after?.version !== wanted)
      return { done: false, message: `Nothing was done: ${subject.name} is at version ${after?.version ?? 'none'}.` };
    return {
      done: true,
      message: `${subject.name} is at version ${wanted} now.`,
      figures: [{ label: 'Version', before: String(before?.version), after: wanted }],
      ...(details.find(({ target }) => target === wanted)?.back === true && { undo: undoOf(subject) }),
    };
  },
  not: 'Not updated.',
});

function undoOf({ quoted, installed, database, name }: ExtensionSubject) {
  return {
    sql: `alter extension ${quoted} update to ${versionLiteral(installed ?? '')}`,
    body: {
      action: 'update-extension',
      target: { kind: 'extension' as const, database, name },
      options: { version: installed ?? '' },
    },
  };
}
