import type { Client } from 'pg';

/** Who logs in to the shop's database, with its connection limit where it has one, and what it is for. */
export const logins = {
  app_shop: { memberOf: ['shop_app'] },
  app_billing: { memberOf: ['shop_app'] },
  // Its pool leaks: the limit is what it would run into.
  app_inventory: { memberOf: ['shop_app'], connectionLimit: 20 },
  app_report: { memberOf: ['shop_readers'] },
  app_support: { memberOf: ['shop_readers'] },
  shop_deploy: { memberOf: ['shop_owner'] },
  shop_cron: { memberOf: ['shop_owner'] },
  pgdeck_read: { memberOf: ['pg_monitor'] },
  pgdeck_action: { memberOf: ['pg_monitor', 'pg_signal_backend', 'shop_owner'] },
} satisfies Record<string, { memberOf: string[]; connectionLimit?: number }>;

/** A role that logs in. */
export type LoginRole = keyof typeof logins;

/** Each login's password. */
export type Passwords = Record<LoginRole, string>;

/** Every role that logs in. */
export const loginRoles = Object.keys(logins) as LoginRole[];

const groups = ['shop_owner', 'shop_app', 'shop_readers'];

async function createRole(client: Client, name: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_catalog.pg_roles where rolname = $1', [name]);
  if (!rowCount) await client.query(`create role ${name}`);
}

/** Makes the roles that own and use the shop's tables; none can log in yet. Roles that are there stay. */
export async function createGroups(client: Client): Promise<void> {
  for (const name of groups) await createRole(client, name);
}

/** Makes the roles that log in, or gives them these passwords; run as a superuser after `createGroups`. */
export async function createLogins(client: Client, passwords: Passwords): Promise<void> {
  for (const role of loginRoles) {
    await createRole(client, role);
    const { memberOf, connectionLimit = -1 } = logins[role] as { memberOf: string[]; connectionLimit?: number };
    const password = client.escapeLiteral(passwords[role]);
    await client.query(`alter role ${role} login password ${password} connection limit ${connectionLimit}`);
    for (const group of memberOf) await client.query(`grant ${group} to ${role}`);
  }
  // What reports sort does not fit: they spill to disk.
  await client.query(`alter role app_report set work_mem = '1MB'`);
}
