import type { z } from 'zod';
import { shownTexts } from '@/lib/access/query-text';
import type { ServerAccess } from '@/lib/access/server-access';
import type { definitionShape } from '@/lib/api/objects';
import type { Server } from '@/lib/runtime';
import { databaseOf, type Kept, keptAnswer, oneOf } from './kept';

/** The definition of an object as PostgreSQL writes it; `null`: not shown to who asks, or there is none. */
export type Definition = z.infer<typeof definitionShape>;

/** A kind of object that has a definition. */
export type DefinitionKind = Definition['kind'];

const select = (tag: string, name: string, definition: string) =>
  `select /* pgdeck:${tag}-definition */ $1::oid::int8::float8 as oid, ${name} as name, left(${definition}, 200000) as definition`;
const relation = (oid: string) =>
  `(select format('%I.%I', its.nspname, owning.relname) from pg_catalog.pg_class as owning join pg_catalog.pg_namespace as its on its.oid = owning.relnamespace where owning.oid = ${oid})`;

/** Each waits for an exclusive lock of others no longer than 250 ms. */
const statements: Record<DefinitionKind, string> = {
  index: `${select('index', "format('%I.%I', n.nspname, c.relname)", 'pg_get_indexdef(c.oid)')}
from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = $1::oid and c.relkind in ('i', 'I')`,
  view: `${select('view', "format('%I.%I', n.nspname, c.relname)", 'pg_get_viewdef(c.oid, true)')}
from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = $1::oid and c.relkind in ('v', 'm')`,
  function: `${select('function', "format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))", "case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end")}
from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where p.oid = $1::oid`,
  constraint: `${select('constraint', `format('%I on %s', k.conname, ${relation('k.conrelid')})`, 'pg_get_constraintdef(k.oid, true)')}
from pg_catalog.pg_constraint as k
where k.oid = $1::oid and k.conrelid <> 0`,
  trigger: `${select('trigger', `format('%I on %s', t.tgname, ${relation('t.tgrelid')})`, 'pg_get_triggerdef(t.oid, true)')}
from pg_catalog.pg_trigger as t
where t.oid = $1::oid`,
  rule: `${select('rule', `format('%I on %s', r.rulename, ${relation('r.ev_class')})`, 'pg_get_ruledef(r.oid, true)')}
from pg_catalog.pg_rewrite as r
where r.oid = $1::oid`,
  statistics: `${select('statistics', "format('%I.%I', n.nspname, x.stxname)", 'pg_get_statisticsobjdef(x.oid)')}
from pg_catalog.pg_statistic_ext as x join pg_catalog.pg_namespace as n on n.oid = x.stxnamespace
where x.oid = $1::oid`,
};

/** The definition of one object, kept under `{server}:{database}:{kind} {oid}`, with its constants as somebody may see them. */
export async function definitionOf(
  server: Server,
  access: ServerAccess,
  asked: { database?: string | undefined; kind: DefinitionKind; oid: number; fresh: boolean },
): Promise<Kept<Definition> & { database: string }> {
  const database = databaseOf(server, access, asked.database);
  const { kind, oid } = asked;
  const missing = `There is no ${kind === 'statistics' ? 'statistics object' : kind} with the OID ${oid} in ${database} now.`;
  const answer = await keptAnswer<Definition>(
    server,
    access,
    { kind: 'definitions', database, name: `${kind} ${oid}` },
    async () => ({
      kind,
      ...(await oneOf<Omit<Definition, 'kind'>>(server, database, { text: statements[kind], values: [oid] }, missing)),
    }),
    asked.fresh,
  );
  if (answer.status === 'ok') return { ...answer, database, value: await shown(answer.value, access) };
  if (!answer.last) return { ...answer, database };
  return { ...answer, database, last: { ...answer.last, value: await shown(answer.last.value, access) } };
}

/** What stands in it as a constant may be data, or a password in the body of a function. */
async function shown(found: Definition, access: ServerAccess): Promise<Definition> {
  if (found.definition === null) return found;
  const [definition = null] = await shownTexts([found.definition], access);
  return { ...found, definition };
}
