import { allowedSettings } from '../server/allowed-settings';
import type { SubjectReader } from './subject';

/**
 * What hides the value that the files give: this session, its role or its database has one of its own, or keeps the one
 * that it began with. It differs from one session of pgdeck to the next, so it says nothing of the server.
 */
const hidden = `s.source in ('client', 'database', 'user', 'database user', 'session', 'interactive', 'global')
  or s.name = any('{statement_timeout,lock_timeout,idle_in_transaction_session_timeout,idle_session_timeout,jit}'::text[])
  or s.context in ('backend', 'superuser-backend')`;

/** Settings of the server. */
export const setting: SubjectReader<'setting'> = {
  read: ({ name }, { role, major }) => ({
    text: `select /* pgdeck:setting */ s.name, s.name as quoted, case when not (${hidden}) then s.reset_val end as setting, s.unit, s.vartype, s.min_val, s.max_val,
  s.enumvals, s.boot_val, s.context, s.source, s.sourcefile, s.pending_restart, s.category, s.short_desc,
  (${hidden}) as hidden,
  has_table_privilege($1::name, 'pg_catalog.pg_file_settings', 'select')
    and has_function_privilege($1::name, 'pg_catalog.pg_show_all_file_settings()', 'execute') as auto_visible,
  pg_has_role($1::name, 'pg_read_all_settings', 'usage') as source_visible,
  ${major >= 15 ? `has_parameter_privilege($1::name, s.name, 'alter system')` : '(select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = $1::name)'} as may_alter,
  has_function_privilege($1::name, 'pg_catalog.pg_reload_conf()', 'execute') as may_reload,
  ${major >= 17 ? `current_setting('allow_alter_system')::bool` : 'true'} as alter_system_allowed,
  json_build_array(s.name, s.context, case when not (${hidden}) then json_build_array(s.reset_val, s.source, s.sourcefile, s.pending_restart) end)::text as fingerprint
from pg_catalog.pg_settings as s
where s.name = $2`,
    values: [role, name],
  }),
  choices: () => `select /* pgdeck:choose-setting */ s.name as label,
  case when ${hidden} then 'its value cannot be seen from here' else current_setting(s.name) end || ', ' || s.short_desc as detail,
  json_build_object('kind', 'setting', 'name', s.name) as target
from pg_catalog.pg_settings as s
where s.name = any('{${allowedSettings.join(',')}}'::text[]) and strpos(lower(s.name), $1) > 0
order by 1 limit $2::int`,
};
