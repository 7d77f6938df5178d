import { ConfigError, type Environment, setting } from '@/lib/config-early.mjs';

type Range = { from: number; to: number; whole?: boolean };

/** A number of the environment within a range; `otherwise` where it is not set. */
export function readNumber<Otherwise extends number | undefined>(
  env: Environment,
  name: string,
  otherwise: Otherwise,
  { from, to, whole }: Range,
): number | Otherwise {
  const text = setting(env, name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < from || value > to || (whole && !Number.isInteger(value))) {
    const unset = otherwise === undefined ? 'leave it out where it is not known' : `it is ${otherwise} when not set`;
    throw new ConfigError(`${name}: a ${whole ? 'whole ' : ''}number from ${from} to ${to}; ${unset}.`);
  }
  return value;
}
