import { z } from 'zod';

/** One storage parameter of a table that can be set here: its range by PostgreSQL's documentation. */
export type StorageParameter = {
  kind: 'boolean' | 'integer' | 'real';
  least: number;
  most: number;
  /** The first version that has it, where that is not the oldest one. */
  from?: number;
  /** False: a TOAST table does not have it. */
  toast: boolean;
  meaning: string;
};

const highest = 2_147_483_647;
const integer = (least: number, most: number, meaning: string, more: Partial<StorageParameter> = {}) => ({
  kind: 'integer' as const,
  least,
  most,
  toast: true,
  meaning,
  ...more,
});
const real = (meaning: string, toast = true) => ({ kind: 'real' as const, least: 0, most: 100, toast, meaning });

const parameters: Record<string, StorageParameter> = {
  fillfactor: integer(10, 100, 'How full INSERT packs a page, in percent; the rest is for updates.', { toast: false }),
  autovacuum_enabled: { kind: 'boolean', least: 0, most: 1, toast: true, meaning: 'Off: only against wraparound.' },
  autovacuum_vacuum_threshold: integer(0, highest, 'Dead rows before a vacuum, beside the share of the table.'),
  autovacuum_vacuum_scale_factor: real('Share of the table that is dead before a vacuum.'),
  autovacuum_vacuum_max_threshold: integer(-1, highest, 'Dead rows that bring a vacuum in any case; -1: no limit.', {
    from: 18,
  }),
  autovacuum_vacuum_insert_threshold: integer(-1, highest, 'Rows inserted before a vacuum; -1: none for inserts.'),
  autovacuum_vacuum_insert_scale_factor: real('Share of the table that is inserted before a vacuum.'),
  autovacuum_analyze_threshold: integer(0, highest, 'Rows changed before an analyze, beside the share of the table.', {
    toast: false,
  }),
  autovacuum_analyze_scale_factor: real('Share of the table that is changed before an analyze.', false),
  autovacuum_vacuum_cost_delay: real('Pause in ms each time the cost limit is reached; 0: none.'),
  autovacuum_vacuum_cost_limit: integer(1, 10_000, 'Cost after which it pauses.'),
  autovacuum_freeze_min_age: integer(0, 1_000_000_000, 'Age in transactions from which a row is frozen.'),
  autovacuum_freeze_max_age: integer(
    100_000,
    2_000_000_000,
    "Age in transactions that forces a vacuum; above the server's it has no effect.",
  ),
  autovacuum_freeze_table_age: integer(0, 2_000_000_000, 'Age from which a vacuum reads every page not frozen.'),
  autovacuum_multixact_freeze_min_age: integer(0, 1_000_000_000, 'The same for multixacts: age to freeze a row.'),
  autovacuum_multixact_freeze_max_age: integer(
    10_000,
    2_000_000_000,
    'The same for multixacts: age to force a vacuum.',
  ),
  autovacuum_multixact_freeze_table_age: integer(0, 2_000_000_000, 'The same for multixacts: age to read every page.'),
  log_autovacuum_min_duration: integer(-1, highest, 'Runs of autovacuum from so many ms on are logged; -1: none.'),
};

/** Every parameter by the name that SET takes: those of the TOAST table begin with `toast.`. */
export const storageParameters: Readonly<Record<string, StorageParameter>> = Object.fromEntries([
  ...Object.entries(parameters),
  ...Object.entries(parameters).flatMap(([name, parameter]) => (parameter.toast ? [[`toast.${name}`, parameter]] : [])),
]);

/** A value as it is set; null: RESET. */
export type StorageValue = boolean | number | null;

/** The options of the action: a value for each that changes, null to go back to the server's setting. */
export const storageOptions = z.strictObject(
  Object.fromEntries(
    Object.entries(storageParameters).map(([name, parameter]) => [
      name,
      schemaOf(parameter).nullable().optional().meta({ title: name, description: parameter.meaning }),
    ]),
  ) as Record<string, z.ZodOptional<z.ZodNullable<z.ZodBoolean | z.ZodNumber>>>,
);

function schemaOf({ kind, least, most }: StorageParameter): z.ZodBoolean | z.ZodNumber {
  if (kind === 'boolean') return z.boolean('must be true or false');
  const number = z
    .number('must be a number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);
  return kind === 'integer' ? number.int('must be a whole number') : number;
}

/**
 * A parameter's value in `reloptions` (`name=value`, as somebody wrote it); null where it is not set, undefined where it is
 * set to what cannot be read.
 */
export function storageValue(name: string, reloptions: string[] | null | undefined): StorageValue | undefined {
  const bare = name.replace(/^toast\./, '');
  const text = reloptions?.find((each) => each.startsWith(`${bare}=`))?.slice(bare.length + 1);
  if (text === undefined) return null;
  if (storageParameters[name]?.kind === 'boolean') {
    const word = text.toLowerCase();
    if (['on', 'true', 'yes', '1'].includes(word)) return true;
    return ['off', 'false', 'no', '0'].includes(word) ? false : undefined;
  }
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** A value as it is written in SET; only numbers and truth values have a form. */
export function storageText(value: boolean | number): string {
  const text = String(value);
  if (!/^(true|false|-?\d+(\.\d+)?(e-\d+)?)$/.test(text)) throw new Error('not a value of a storage parameter');
  return text;
}
