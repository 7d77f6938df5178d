-- The database roles that pgdeck signs in with: one that reads, one that acts, one that plans. Run it as a superuser, or
-- as the administrator that a hosted PostgreSQL gives you; it can be run again. PostgreSQL 14 to 18.
--
--   psql -v read_password=… -v action_password=… -v explain_password=… -f roles.sql postgres://admin@host/database
--
-- Then run part 2 in each further database, and choose from part 3 what pgdeck may do.

-- 1. Once for the server ----------------------------------------------------------------------------------------------

do $$
declare
  name text;
begin
  foreach name in array array['pgdeck_read', 'pgdeck_action', 'pgdeck_explain'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = name) then
      execute format('create role %I login', name);
    end if;
  end loop;
end
$$;

-- Reads: sees everything, changes nothing. pgdeck keeps at most 3 connections with it.
alter role pgdeck_read with login nocreatedb nocreaterole connection limit 6 password :'read_password';
alter role pgdeck_read set default_transaction_read_only = on;
grant pg_monitor to pgdeck_read;

-- Acts: cancels, terminates, maintains. At most 2 connections, and one for each long action (PGDECK_MAINTENANCE_MAX).
alter role pgdeck_action with login nocreatedb nocreaterole connection limit 14 password :'action_password';
grant pg_monitor, pg_signal_backend to pgdeck_action;

-- Plans: for EXPLAIN with a role that reads no table unless it is granted. No memberships. pgdeck signs in with it only
-- where it is given its address; without EXPLAIN it is not needed.
alter role pgdeck_explain with login nocreatedb nocreaterole noinherit connection limit 2 password :'explain_password';
alter role pgdeck_explain set default_transaction_read_only = on;
alter role pgdeck_explain set statement_timeout = '5s';

do $$
begin
  if current_setting('server_version_num')::int >= 150000 then
    execute 'grant pg_checkpoint to pgdeck_action';
  end if;
  if current_setting('server_version_num')::int >= 160000 then
    execute 'grant pg_use_reserved_connections to pgdeck_read, pgdeck_action';
  end if;
  if current_setting('server_version_num')::int >= 170000 then
    execute 'grant pg_maintain to pgdeck_action';
  end if;
end
$$;

-- 2. In each database -------------------------------------------------------------------------------------------------

-- Needs shared_preload_libraries = 'pg_stat_statements'; in the database of pgdeck's address at least.
create extension if not exists pg_stat_statements;
do $$
begin
  execute format('grant connect on database %I to pgdeck_read, pgdeck_action, pgdeck_explain', current_database());
end
$$;

-- 3. What pgdeck may do beyond that: leave out what nobody should -----------------------------------------------------

-- Begin figures anew. In the database of pgdeck's address.
grant execute on function pg_stat_statements_reset to pgdeck_action;
grant execute on function pg_catalog.pg_stat_reset(), pg_catalog.pg_stat_reset_single_table_counters(oid),
  pg_catalog.pg_stat_reset_shared(text) to pgdeck_action;
-- Write settings: reload, see what ALTER SYSTEM wrote, and (PostgreSQL 15 and newer) each setting by name.
grant execute on function pg_catalog.pg_reload_conf(), pg_catalog.pg_show_all_file_settings() to pgdeck_action;
grant select on pg_catalog.pg_file_settings to pgdeck_action;
-- grant alter system on parameter log_min_duration_statement to pgdeck_action;
-- Indexes, partitions, constraints of tables (any version), and VACUUM, ANALYZE, REINDEX below 17: the owner's rights.
-- grant shop_owner to pgdeck_action;
-- Trusted extensions, a new WAL file, replication slots:
-- grant create on database shop to pgdeck_action;
-- grant execute on function pg_catalog.pg_switch_wal() to pgdeck_action;
-- alter role pgdeck_action replication;
-- Plans of statements on these tables:
-- grant usage on schema public to pgdeck_explain; grant select on all tables in schema public to pgdeck_explain;
