import { z } from 'zod';
import { quoted } from '@/lib/identifier';
import { defineWork, type Given, type Judgement, type Refusal, type Row, type Step } from './action';
import type { Undo } from './protocol';
import { cautionOf, leastOf, mayBeSet, notLessOnStandby } from './server/allowed-settings';
import { checkValue, literal, sameValue, valueInWords } from './server/setting-value';
import type { SettingSubject } from './subjects/subject';

const options = z.strictObject({
  value: z
    .string('must be a text, or null to reset it')
    .min(1, 'must not be empty')
    .max(100, 'is longer than a value can be')
    .nullable()
    .meta({
      title: 'Value',
      description: 'With its unit, such as 64MB or 5min. Empty: back to what postgresql.conf says.',
    }),
});

type Options = z.output<typeof options>;
type Asked = Given<SettingSubject, Options>;

const auto = /postgresql\.auto\.conf$/;
const restarts = ({ context }: SettingSubject) => context === 'postmaster';
const namesOnly = /^[a-z_]+(\.[a-z_]+)?$/;

/** What postgresql.auto.conf says of the setting; undefined where the role cannot see it. */
function inAuto({ subject, details }: Asked): { value: string | null } | undefined {
  if (!subject.auto_visible) return undefined;
  const inFile = details.filter(({ kind, place }) => kind === 'file' && auto.test(String(place)));
  return { value: (inFile.at(-1)?.value as string | undefined) ?? null };
}

/** The same, else what it said when the server last read it: that is what an undo goes back to. */
function previous(given: Asked): { value: string | null } | undefined {
  const { subject } = given;
  if (subject.auto_visible) return inAuto(given);
  if (subject.hidden || !subject.source_visible || subject.pending_restart) return undefined;
  return { value: subject.sourcefile && auto.test(subject.sourcefile) ? subject.setting : null };
}

function statement(name: string, value: string | null): string {
  if (!namesOnly.test(name)) throw new Error('not the name of a setting');
  const change = value === null ? `reset ${name}` : `set ${name} = ${literal(value)}`;
  return `alter /* pgdeck:alter-system */ system ${change}`;
}

const reload = 'select /* pgdeck:reload */ pg_catalog.pg_reload_conf()';

const mayReload = 'select /* pgdeck:may-reload */ pg_catalog.pg_reload_conf()';

/** Where the right to reload is missing, that is refused before anything is written: a value would wait for any reload. */
function steps({ name, may_reload }: SettingSubject, value: string | null): Step[] {
  const first: Step = {
    sql: mayReload,
    title: 'Reload, before anything is written',
    locks: [],
    wait: 'brief',
    inTransaction: true,
  };
  return [
    ...(may_reload ? [] : [first]),
    { sql: statement(name, value), title: 'Write', locks: [], wait: 'brief', inTransaction: false },
    { sql: reload, title: 'Reload', locks: [], wait: 'brief', inTransaction: true },
  ];
}

function refuse(given: Asked): Refusal | undefined {
  const { subject, actor, options, details } = given;
  const { name } = subject;
  const refusal = (code: string, message: string) => ({ code, message });
  if (!mayBeSet(name)) return refusal('not_allowed', `${name} is not among the settings that pgdeck changes.`);
  if (!subject.alter_system_allowed)
    return refusal('alter_system_off', 'allow_alter_system is off on this server: its settings are kept elsewhere.');
  if (subject.source === 'command line')
    return refusal('command_line', `${name} was given on the command line of the server, which goes before its files.`);
  if (!subject.auto_visible && (subject.hidden || (options.value === null && !subject.source_visible)))
    return refusal(
      'not_visible',
      `Whether ${name} is in effect could not be seen${subject.hidden ? ", for pgdeck's sessions have a value of their own" : ''}. Let role ${actor.role} read the files: grant select on pg_file_settings to ${quoted(actor.role)}; grant execute on function pg_show_all_file_settings() to ${quoted(actor.role)};`,
    );
  const broken = details.find(({ kind }) => kind === 'error');
  if (broken)
    return refusal(
      'files_broken',
      `The files of the server have errors (${broken.place}), so it would not read them: mend those first.`,
    );
  const before = inAuto(given);
  if (options.value === null)
    return before && before.value === null
      ? refusal('nothing_to_reset', `postgresql.auto.conf says nothing of ${name}.`)
      : undefined;
  const checked = checkValue(options.value, subject);
  if ('problem' in checked)
    return refusal('bad_value', `${name} cannot be ${JSON.stringify(options.value)}. ${checked.problem}`);
  const least = details.find(({ kind }) => kind === 'least');
  if (least && Number(checked.base) < Number(least.value))
    return refusal('too_low', `${name} cannot be less than ${least.value} now: the server would not start again.`);
  const standby = details.find(({ kind }) => kind === 'standby');
  if (standby && Number(checked.base) < Number(standby.value))
    return refusal(
      'too_low',
      `${name} is ${standby.value} now and can only be raised on a standby: with less than the primary has it does not start.`,
    );
  const same = before?.value && checkValue(before.value, subject);
  return same && 'base' in same && sameValue(same.base, checked.base) && !subject.pending_restart
    ? refusal('no_change', `postgresql.auto.conf sets ${name} to ${valueInWords(same.base, subject.unit)} already.`)
    : undefined;
}

function missingRight({ subject, actor }: Asked): string | undefined {
  const role = quoted(actor.role);
  const alter =
    actor.major >= 15
      ? `Role ${actor.role} may not change ${subject.name}, and PostgreSQL will refuse it. A superuser can allow it: grant alter system on parameter ${subject.name} to ${role};`
      : `Role ${actor.role} may not change settings, and PostgreSQL will refuse it: before PostgreSQL 15 only a superuser may.`;
  const lacks = [
    ...(subject.may_alter ? [] : [alter]),
    ...(subject.may_reload
      ? []
      : [
          `Role ${actor.role} may not make the server read its files again. That is tried first, so that nothing is written when PostgreSQL refuses it: grant execute on function pg_reload_conf() to ${role};`,
        ]),
  ];
  return lacks.length > 0 ? lacks.join(' ') : undefined;
}

function warnings(given: Asked): string[] {
  const { subject, details } = given;
  const overrides = details.filter(({ kind }) => kind === 'override');
  const checked = given.options.value === null ? undefined : checkValue(given.options.value, subject);
  const caution = checked && 'base' in checked ? cautionOf(subject.name, checked.base) : undefined;
  return [
    ...(caution ? [caution] : []),
    ...(given.options.value === null && details.some(({ kind }) => kind === 'standby')
      ? ['This is a standby: where the primary has more than what is left here, it does not start again.']
      : []),
    ...(restarts(subject)
      ? [
          'It is in effect after the next restart of the server, which pgdeck does not do. Should the server not start with it, it has to be taken out of postgresql.auto.conf by hand.',
        ]
      : []),
    ...(subject.context.endsWith('backend')
      ? ['Only sessions that begin afterwards have it: others must connect again.']
      : []),
    ...(overrides.length > 0
      ? [
          `It has other values for ${overrides
            .slice(0, 10)
            .map(({ place, value }) => `${place} (${value})`)
            .join(', ')}: those stay.`,
        ]
      : []),
    ...(previous(given) ? [] : ['What postgresql.auto.conf says is not known to this role, so there is no undo.']),
    ...(previous(given) && !inAuto(given)
      ? ['Undo goes back to what postgresql.auto.conf said when the server last read it.']
      : []),
  ];
}

function undo(given: Asked): Undo | undefined {
  const { subject } = given;
  const before = previous(given);
  if (!before) return undefined;
  const checked = before.value === null ? undefined : checkValue(before.value, subject);
  if (checked && 'problem' in checked) return undefined;
  return {
    sql: `${statement(subject.name, checked?.text ?? null)};\n${reload}`,
    body: {
      action: 'alter-system',
      target: { kind: 'setting', name: subject.name },
      options: { value: checked?.text ?? null },
    },
  };
}

function judge(before: Row | undefined, after: Row | undefined, given: Asked): Judgement {
  const { subject, options } = given;
  const { name, unit } = subject;
  const checked = options.value === null ? undefined : checkValue(options.value, subject);
  const wanted = checked && 'base' in checked ? checked.base : null;
  const inWords = (value: unknown) => valueInWords((value as string | null | undefined) ?? null, unit);
  if (!after) return { done: false, message: `Nothing was done: ${name} could not be read.` };
  const loaded = Number(after.loaded) > Number(before?.loaded);
  const inFile = checkValue(String(after.auto ?? ''), subject);
  const written = subject.auto_visible
    ? wanted === null
      ? after.auto === null
      : 'base' in inFile && sameValue(inFile.base, wanted)
    : undefined;
  const back = undo(given);
  const shown = { figures: figures(before, after, given), ...(back && { undo: back }) };

  if (restarts(subject) && after.pending_restart && written !== false && loaded)
    return {
      done: true,
      message: `${name} is ${wanted === null ? 'reset' : inWords(wanted)} in the files of the server.`,
      warnings: [`It is in effect after a restart of the server; until then it stays ${inWords(after.value)}.`],
      ...shown,
    };
  const seen = wanted === null ? !auto.test(String(after.sourcefile ?? '')) : sameValue(after.value as string, wanted);
  const effective = loaded && written !== false && (subject.hidden ? written === true : seen);
  if (effective)
    return {
      done: true,
      message:
        wanted !== null
          ? `${name} is ${inWords(wanted)} now${subject.context.endsWith('backend') ? ' for sessions that begin from now on' : ''}.`
          : `${name} is reset${subject.hidden ? '' : `: it is ${inWords(after.value)} now`}.`,
      ...shown,
    };
  const left = (written ?? (subject.may_alter && subject.may_reload && !loaded)) && back;
  return {
    done: false,
    ...(left && {
      warnings: [`${name} ${written ? 'is' : 'may be'} written and would be in effect when the files are read next.`],
      next: [
        {
          title: `${name} ${written ? 'is' : 'may be'} written and would be in effect when the files are read next: take it back`,
          body: left.body,
        },
      ],
    }),
    message: `${name} is not in effect: it is still ${inWords(after.value)}. ${loaded ? 'The server read its files again, and something else goes before them, or they have an error.' : 'The server has not read its files again; where they have an error, its log tells.'}`,
    ...shown,
  };
}

function figures(before: Row | undefined, after: Row, { subject }: Asked) {
  if (subject.hidden) return [];
  const inWords = (row: Row | undefined) =>
    valueInWords((row?.value as string | null | undefined) ?? null, subject.unit);
  return [{ label: subject.name, before: inWords(before), after: inWords(after) }];
}

/** Rows of a kind: who has another value, with less than what the server or a standby would not start, what the files say, their errors. */
function detailsSql({ name, auto_visible }: SettingSubject): string {
  const least = Object.hasOwn(leastOf, name)
    ? `
union all
select 'least', null, ${leastOf[name]}::text`
    : '';
  const standby = notLessOnStandby.includes(name)
    ? `
union all
select 'standby', null, current_setting('${name}') where pg_is_in_recovery()`
    : '';
  // What waits for a restart is told as an error of the file, too.
  const files = `
union all
(select case when e.stops then 'error' else 'file' end, f.sourcefile, f.setting
  from pg_catalog.pg_file_settings as f
  cross join lateral (select f.error is not null and not exists (
    select from pg_catalog.pg_settings as s where s.name = lower(f.name) and s.context = 'postmaster') as stops) as e
  where lower(f.name) = $1 or e.stops
  order by f.seqno)`;
  return `select /* pgdeck:setting-details */ 'override' as kind, concat_ws(' in ', 'role ' || r.rolname, 'database ' || d.datname) as place,
  substr(c.entry, strpos(c.entry, '=') + 1) as value
from pg_catalog.pg_db_role_setting as o
cross join lateral unnest(o.setconfig) as c (entry)
left join pg_catalog.pg_roles as r on r.oid = o.setrole
left join pg_catalog.pg_database as d on d.oid = o.setdatabase
where split_part(c.entry, '=', 1) = $1${least}${standby}${auto_visible ? files : ''}`;
}

/** Changes one setting of the server: `ALTER SYSTEM SET` or `RESET`, and a reload. */
export const alterSystem = defineWork<SettingSubject, typeof options>({
  id: 'alter-system',
  title: 'Change setting',
  summary: 'Writes a setting to postgresql.auto.conf and makes the server read its files again.',
  group: 'settings',
  run: 'setting',
  long: false,
  onStandby: true,
  targetKinds: ['setting'],
  role: 'admin',
  confirm: 'step',
  rights: 'Superuser; from PostgreSQL 15 also ALTER SYSTEM on the parameter. To reload: EXECUTE on pg_reload_conf().',
  options,
  locks: [],
  touches: ['configuration', 'server', 'tables'],
  details: ({ subject }) => ({
    text: detailsSql(subject),
    values: [subject.name],
  }),
  refuse,
  plan: (given) => {
    const { subject, options } = given;
    const { name, unit } = subject;
    const checked = options.value === null ? undefined : checkValue(options.value, subject);
    const value = checked && 'text' in checked ? checked.text : null;
    const lacks = missingRight(given);
    const back = undo(given);
    const before = inAuto(given);
    return {
      question: value === null ? `Reset ${name}?` : `Set ${name} to ${value}?`,
      effect: `PostgreSQL writes ${value === null ? 'that it is no longer set' : 'the new value'} to postgresql.auto.conf and reads its files again. Sessions that set it themselves keep their value.`,
      typed: name,
      facts: [
        { label: 'What it is', value: subject.short_desc },
        { label: 'Now', value: subject.setting === null ? 'not visible here' : valueInWords(subject.setting, unit) },
        { label: 'Comes from', value: subject.sourcefile ?? subject.source },
        {
          label: 'In postgresql.auto.conf',
          value: before
            ? (before.value ?? 'nothing')
            : 'not known: to see it needs SELECT on pg_file_settings and EXECUTE on pg_show_all_file_settings()',
        },
        ...(subject.boot_val === null ? [] : [{ label: 'Built-in', value: valueInWords(subject.boot_val, unit) }]),
      ],
      warnings: warnings(given),
      ...(lacks && { missingRight: lacks }),
      steps: steps(subject, value),
      ...(back && { undo: back }),
    };
  },
  proof: ({ subject }) => ({
    text: `select /* pgdeck:setting-now */ s.reset_val as value, s.sourcefile, s.pending_restart,
  (extract(epoch from pg_conf_load_time()) * 1000000)::bigint as loaded,
  ${subject.auto_visible ? `(select f.setting from pg_catalog.pg_file_settings as f where lower(f.name) = s.name and f.sourcefile ~ 'postgresql\\.auto\\.conf$' order by f.seqno desc limit 1)` : 'null'} as auto
from pg_catalog.pg_settings as s
where s.name = $1`,
    values: [subject.name],
  }),
  judge,
  not: 'The setting is not in effect.',
});
