import { bytes } from '@/lib/format';

/** What pg_settings tells of the values that a setting takes. */
export type Limits = {
  vartype: string;
  unit: string | null;
  min_val: string | null;
  max_val: string | null;
  enumvals: string[] | null;
};

/** A value that a setting takes: as it is written, and as pg_settings will show it; or why it takes it not. */
export type Checked = { text: string; base: string } | { problem: string };

const sizes: Record<string, number> = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
const times: Record<string, number> = { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6, d: 86_400e6 };
const switches: Record<string, string> = { on: 'on', true: 'on', yes: 'on', off: 'off', false: 'off', no: 'off' };
const plain = /^[A-Za-z0-9 .+_-]+$/;

/** Checks a value against the kind, the range and the unit of a setting, as PostgreSQL would. */
export function checkValue(given: string, limits: Limits): Checked {
  const text = given.trim();
  switch (limits.vartype) {
    case 'bool': {
      const base = own(switches, text.toLowerCase());
      return base ? { text: base, base } : { problem: 'It takes on or off.' };
    }
    case 'enum': {
      const base = limits.enumvals?.find((one) => one.toLowerCase() === text.toLowerCase());
      return base !== undefined && plain.test(base)
        ? { text: base, base }
        : { problem: `It takes one of: ${limits.enumvals?.join(', ')}.` };
    }
    case 'integer':
    case 'real':
      return checkNumber(text, limits);
    default:
      return { problem: 'pgdeck does not set it: its value is a text.' };
  }
}

function checkNumber(text: string, { vartype, unit, min_val, max_val }: Limits): Checked {
  const whole = vartype === 'integer';
  const match = (
    whole ? /^([+-]?\d{1,15})(?: *([A-Za-z]+))?$/ : /^([+-]?\d{1,15}(?:\.\d{1,15})?)(?: *([A-Za-z]+))?$/
  ).exec(text);
  if (!match?.[1]) return { problem: `It takes a ${whole ? 'whole ' : ''}number${unitWords(unit)}.` };
  const [, digits, suffix] = match;
  const factor = suffix === undefined ? 1 : factorOf(suffix, unit);
  if (factor === undefined) return { problem: `${suffix} is no unit of it: it takes a number${unitWords(unit)}.` };
  const value = Number(digits) * factor;
  if (whole && !Number.isInteger(value))
    return { problem: `It is kept in units of ${unit}, and this is not a whole number of them.` };
  if (value < Number(min_val ?? '-Infinity') || value > Number(max_val ?? 'Infinity'))
    return { problem: `It takes ${valueInWords(min_val, unit)} to ${valueInWords(max_val, unit)}.` };
  return { text: `${digits}${suffix ?? ''}`, base: String(value) };
}

/** How many of the setting's units one of `suffix` is; undefined where they do not go together. */
function factorOf(suffix: string, unit: string | null): number | undefined {
  const [, count, of] = /^(\d*)([A-Za-z]+)$/.exec(unit ?? '') ?? [];
  for (const units of [sizes, times]) {
    const [from, to] = [own(units, suffix), own(units, of ?? '')];
    if (from !== undefined && to !== undefined) return from / (to * Number(count || 1));
  }
  return undefined;
}

function own<T>(table: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function unitWords(unit: string | null): string {
  if (!unit) return '';
  return /B$/.test(unit)
    ? `, alone (in units of ${unit}) or with kB, MB, GB or TB`
    : `, alone (in ${unit}) or with us, ms, s, min, h or d`;
}

/** Whether two values of pg_settings are the same. */
export function sameValue(one: string | null | undefined, other: string): boolean {
  if (one === null || one === undefined) return false;
  if (one === other) return true;
  const [a, b] = [Number(one), Number(other)];
  return Math.abs(a - b) <= Math.abs(b) * 1e-5;
}

/** A value of pg_settings with its unit: `64 MB`, `200 ms`, `on`. */
export function valueInWords(value: string | null, unit: string | null): string {
  if (value === null) return 'an unknown value';
  const number = Number(value);
  if (!unit || Number.isNaN(number) || number < 0) return value;
  const [, count, of] = /^(\d*)([A-Za-z]+)$/.exec(unit) ?? [];
  const size = own(sizes, of ?? '');
  return size === undefined ? `${value} ${unit}` : bytes(number * size * Number(count || 1));
}

/** A checked value as a literal; what could end one early never gets so far. */
export function literal(text: string): string {
  if (!plain.test(text)) throw new Error('not a plain value');
  return `'${text}'`;
}
