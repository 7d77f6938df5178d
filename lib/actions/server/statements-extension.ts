/** What is known of pg_stat_statements in a database. */
export type StatementsExtension = {
  /** Schema of the extension, quoted; null where it is not installed in this database. */
  schema: string | null;
  /** Its library was loaded when the server started. */
  preloaded: boolean;
  /** Its reset function takes a role, a database and a statement (version 1.7 and newer). */
  selective: boolean;
  /** It tells when its statistics were reset (version 1.9 and newer). */
  tells_reset: boolean;
  /** The role may call its reset function. */
  may_reset: boolean;
};

/** One row, always: `StatementsExtension`, for role `$1`. */
export const statementsExtension = `select e.schema,
    current_setting('pg_stat_statements.max', true) is not null as preloaded,
    coalesce((select bool_or(p.pronargs >= 3) from pg_catalog.pg_proc as p where p.pronamespace = e.namespace and p.proname = 'pg_stat_statements_reset'), false) as selective,
    exists (select from pg_catalog.pg_proc as p where p.pronamespace = e.namespace and p.proname = 'pg_stat_statements_info') as tells_reset,
    coalesce((select bool_or(has_function_privilege($1::name, p.oid, 'execute')) from pg_catalog.pg_proc as p where p.pronamespace = e.namespace and p.proname = 'pg_stat_statements_reset'), false)
      and has_schema_privilege($1::name, coalesce(e.namespace, 11), 'usage') as may_reset
  from (select 1) as always
  left join (select n.oid as namespace, format('%I', n.nspname) as schema from pg_catalog.pg_extension as x
    join pg_catalog.pg_namespace as n on n.oid = x.extnamespace where x.extname = 'pg_stat_statements') as e on true`;
