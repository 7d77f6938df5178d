import { z } from 'zod';
import { count, identity, text } from './column';
import { mostObjects, schemaObjects } from './schema-objects';
import { defineTopic, type Partial, type Raw } from './topic';

/** Catalogs that definitions are in: namespaces, classes, attributes, defaults, constraints, indexes, functions, types … */
const catalogs = [2615, 1259, 1249, 2604, 2606, 2610, 2618, 2620, 3256, 3381, 1255, 1247, 3501, 2224, 2611, 3079];
const written = ['inserted', 'updated', 'deleted']
  .map((how) => `sum(pg_stat_get_tuples_${how}(c.oid))`)
  .join(`, '/', `);

/**
 * The statement only asks whether a catalog was written to since: the definitions themselves are a lookup by its answer.
 * A standby does not count what it replays, so there they are read again every ten minutes.
 */
const sql = `select /* pgdeck:schema */ current_setting('server_version_num')::int4 as server_version_num,
  concat(${written}, case when pg_is_in_recovery()
    then '/' || floor(extract(epoch from clock_timestamp()) / 600)::text end) as key
from unnest('{${catalogs.join(',')}}'::oid[]) as c (oid)`;

/** What one database holds: its objects in groups, each with a fingerprint; history tells what changed in it. */
export const schema = defineTopic({
  id: 'schema',
  title: 'Schema',
  summary: 'Tables, views, indexes, functions and other objects of a database, each with the parts of its definition.',
  scope: 'database',
  cadenceSeconds: 60,
  requires: [],
  sources: ['pg_class', 'pg_attribute', 'pg_constraint', 'pg_index', 'pg_proc', 'pg_type', 'pg_extension'],
  always: 'history',
  everywhereSeconds: 600,
  slow: true,
  sql: { 14: sql },
  lookups: [schemaObjects],
  join: (rows, known) => {
    const found = known(schemaObjects, rows[0]?.key);
    const part = (reason: Partial['reason'], hint: string) => [{ reason, object: 'pg_class', blockedBy: [], hint }];
    if (!found)
      return {
        rows: [],
        partial: part(
          'locked',
          'The catalogs could not be read now. It is tried again when the question is asked next.',
        ),
      };
    const tooMany = `This database has more than ${mostObjects} tables, views and sequences; only the oldest are compared.`;
    return {
      rows: ((found.groups as Raw[] | null) ?? []).map((group) => ({
        ...group,
        server_version_num: rows[0]?.server_version_num,
      })),
      ...(found.capped === true && { partial: part('timeout', tooMany) }),
    };
  },
  row: z.object({
    schemaname: text('Schema; empty for extensions.'),
    kind: text(
      'table, view, materialized view, index, sequence, function, procedure, aggregate, type, schema, extension.',
    ),
    objects: count('How many there are.'),
    server_version_num: identity('Version that stored the definitions, as a number.'),
    fingerprint: text('Changes when one of them does.'),
    definitions: z
      .array(z.any())
      .meta({ meaning: 'Each with name, OID, the table it belongs to, and the parts of its definition.', unit: null }),
  }),
  key: ['schemaname', 'kind'],
});
