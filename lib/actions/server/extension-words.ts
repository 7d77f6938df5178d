import type { Refusal } from '../action';
import type { ExtensionSubject } from '../subjects/subject';
import { mayBeInstalled, preloadedBy } from './allowed-extensions';

/** Why an extension is not touched; undefined where it is. */
export function notAllowed({ name }: ExtensionSubject): Refusal | undefined {
  return mayBeInstalled(name)
    ? undefined
    : { code: 'not_allowed', message: `${name} is not among the extensions that pgdeck creates, updates and drops.` };
}

/** A version as a literal; versions are checked against the server's list, and odd ones are refused. */
export function versionLiteral(version: string): string {
  if (!/^[A-Za-z0-9._+~-]{1,64}$/.test(version)) throw new Error('not a plain version');
  return `'${version}'`;
}

/** What has to be loaded at the start of the server for an extension to work, where that is known to be missing. */
export function notPreloaded(name: string, details: Record<string, unknown> | undefined): string[] {
  return preloadedBy[name] && details?.preloaded === false
    ? [
        `The library ${name} was not loaded when the server started: the extension can be created, but does nothing until shared_preload_libraries names it and the server was restarted.`,
      ]
    : [];
}

/** Reads whether the setting exists that the library of an extension makes when it is loaded at the start. */
export function preloadedColumn(name: string): string {
  const setting = Object.hasOwn(preloadedBy, name) ? preloadedBy[name] : undefined;
  return setting ? `current_setting('${setting}', true) is not null` : 'null::boolean';
}

/** Proof of what is installed: one row, or none. */
export function installedNow(name: string) {
  return {
    text: `select /* pgdeck:extension-now */ e.extversion as version, n.nspname as schema
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
where e.extname = $1`,
    values: [name],
  };
}
