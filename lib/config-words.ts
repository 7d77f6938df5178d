import { ConfigError, type Environment, isLoopbackHost, setting } from '@/lib/config-early.mjs';

/** An address; undefined where it is none. */
export function readUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** A list with commas between. */
export function readList(env: Environment, name: string): string[] {
  return (setting(env, name) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A setting that another one needs. */
export function need(env: Environment, name: string, because: string): string {
  const value = setting(env, name);
  if (value === undefined) throw new ConfigError(`${because}: ${name} is missing.`);
  return value;
}

/** An https:// address that another setting needs; on loopback http:// will do. */
export function needHttps(env: Environment, name: string, because: string, what: string): URL {
  const url = readUrl(need(env, name, because));
  if (!url || (url.protocol !== 'https:' && !isLoopbackHost(url.hostname)))
    throw new ConfigError(`${name}: the https:// address ${what}.`);
  return url;
}

/** 1 or 0, also as on and off; unset: false. */
export function readFlag(env: Environment, name: string): boolean {
  const text = setting(env, name);
  if (text === undefined || text === '0' || text === 'off') return false;
  if (text === '1' || text === 'on') return true;
  throw new ConfigError(`${name}: choose 1 or 0.`);
}

/** One of some words; `told` is what the message says of `otherwise`. */
export function readWord<Word extends string>(
  env: Environment,
  name: string,
  words: readonly Word[],
  otherwise: Word,
  told: string = otherwise,
): Word {
  const text = setting(env, name);
  const word = text === undefined ? otherwise : words.find((each) => each === text);
  if (word === undefined)
    throw new ConfigError(`${name}: choose one of ${words.join(', ')}; it is ${told} when not set.`);
  return word;
}
