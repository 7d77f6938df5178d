import type { Client } from 'pg';
import { allowedSettings } from '@/lib/actions/server/allowed-settings';

const role = 'pgdeck_action';

/** What the acting role of the demo may do to the server beside owning the shop: docs/connect.md asks for the same. */
export async function grantMaintenance(client: Client): Promise<void> {
  await client.query(`grant pg_maintain, pg_checkpoint to ${role}`);
  const { rows } = await client.query<{ name: string }>(
    'select name from pg_catalog.pg_settings where name = any($1::text[])',
    [allowedSettings],
  );
  for (const { name } of rows) await client.query(`grant set, alter system on parameter ${name} to ${role}`);
}

/** The same for what belongs to one database: statistics that may be begun anew, and the files of settings. */
export async function grantInDatabase(client: Client, database: string): Promise<void> {
  await client.query(`grant create on database ${database} to ${role}`);
  await client.query(
    `grant execute on function pg_stat_statements_reset, pg_stat_reset, pg_stat_reset_single_table_counters, pg_stat_reset_shared,
      pg_reload_conf, pg_show_all_file_settings to ${role}`,
  );
  await client.query(`grant select on pg_catalog.pg_file_settings to ${role}`);
}
