import pg from 'pg';
import { grantInDatabase, grantMaintenance } from './maintenance-rights';
import type { Secrets } from './passwords';
import { createGroups, createLogins, type LoginRole } from './roles';
import { seedShop } from './seed';
import { slowQueries } from './slow-queries';

/** The database's comment once it is whole; the number changes with the schema, and an older shop is made anew. */
const whole = 'The demo shop of pgdeck, complete (4)';

/** The shop's database. */
export const database = 'shop';

type Address = { host: string; port: number };

async function connected<T>(
  { host, port }: Address,
  login: { user: string; password: string; database: string },
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ host, port, ...login, application_name: 'pgdeck-demo' });
  client.on('error', () => {}); // the statement under way fails
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Sees to it that the shop is there, whole, with its roles: made at the first start, and again after a start that was
 * interrupted. When this returns each slow statement has been run in a new shop. `superuser` is the name of one.
 */
export async function prepareShop(
  address: Address,
  superuser: string,
  secrets: Secrets,
  say: (line: string) => void,
): Promise<void> {
  const admin = { user: superuser, password: secrets.superuser };
  const made = await connected(address, { ...admin, database: 'postgres' }, async (client) => {
    await createGroups(client);
    await createLogins(client, secrets.logins);
    await grantMaintenance(client);
    const { rows } = await client.query<{ comment: string | null }>(
      `select pg_catalog.shobj_description(oid, 'pg_database') as comment from pg_catalog.pg_database where datname = $1`,
      [database],
    );
    if (rows[0]?.comment === whole) return true;
    if (rows[0]) {
      say('The demo shop is of another version or was not finished; it is made anew.');
      await client.query(`drop database ${database} with (force)`);
    }
    await client.query(`create database ${database}`);
    return false;
  });
  if (made) return;
  await connected(address, { ...admin, database }, async (client) => {
    await client.query('create extension if not exists pg_stat_statements');
    await seedShop(client, 'page');
    await grantInDatabase(client, database);
  });
  for (const { role, sql, values } of slowQueries) await asLogin(address, role, secrets, sql, values());
  await connected(address, { ...admin, database }, (client) =>
    client.query(`comment on database ${database} is '${whole}'`),
  );
}

async function asLogin(
  address: Address,
  role: LoginRole,
  secrets: Secrets,
  sql: string,
  values: unknown[],
): Promise<void> {
  await connected(address, { user: role, password: secrets.logins[role], database }, (client) =>
    client.query(sql, values),
  );
}
