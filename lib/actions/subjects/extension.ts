import { allowedExtensions } from '../server/allowed-extensions';
import type { SubjectReader } from './subject';

/** Extensions: those that the server has files of, and those installed in the database. */
export const extension: SubjectReader<'extension'> = {
  read: ({ name }, { role }) => ({
    text: `select /* pgdeck:extension */ w.name, format('%I', w.name) as quoted,
  e.extversion as installed, quote_ident(n.nspname) as schema, n.nspname as schema_name, a.default_version,
  json_build_array(w.name, e.oid, e.extversion, n.nspname)::text as fingerprint,
  coalesce((select json_agg(json_build_object('version', v.version, 'superuser', v.superuser and not v.trusted, 'trusted', v.trusted,
      'schema', v.schema, 'requires', v.requires) order by v.version)
    from pg_catalog.pg_available_extension_versions as v where v.name = w.name), '[]') as versions,
  pg_get_userbyid(e.extowner) as owner, pg_has_role($1::name, e.extowner, 'usage') as owns,
  (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = $1::name) as superuser,
  has_database_privilege($1::name, current_database(), 'create') as may_create_here,
  array(select x.extname::text from pg_catalog.pg_extension as x order by 1) as installed_here
from (select $2::name as name) as w
left join pg_catalog.pg_extension as e on e.extname = w.name
left join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
left join pg_catalog.pg_available_extensions as a on a.name = w.name
where e.oid is not null or a.name is not null`,
    values: [role, name],
  }),
  choices: () => `select /* pgdeck:choose-extension */ a.name as label,
  case when a.installed_version is null then 'not installed' else 'version ' || a.installed_version end || ', ' || a.comment as detail,
  json_build_object('kind', 'extension', 'database', current_database(), 'name', a.name) as target
from pg_catalog.pg_available_extensions as a
where a.name = any('{${allowedExtensions.join(',')}}'::text[]) and strpos(lower(a.name), $1) > 0
order by a.installed_version is null, 1 limit $2::int`,
};
