import type { Step } from '@/lib/actions/action';
import type { Session } from '@/lib/postgres/session';

/**
 * Relations that are not called what they were called when this was previewed. An index that was built anew has another
 * OID under the same name.
 */
const otherSql = `select /* pgdeck:same-names */ w.relation, case when c.oid is not null then format('%I.%I', n.nspname, c.relname) end as now
from unnest($1::oid[], $2::text[]) as w(oid, relation)
left join pg_catalog.pg_class as c on c.oid = w.oid
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where case when c.oid is not null then w.relation not in (format('%I.%I', n.nspname, c.relname), c.oid::regclass::text)
  else not exists (select from pg_catalog.pg_class as i join pg_catalog.pg_namespace as s on s.oid = i.relnamespace
    where i.relkind in ('i', 'I') and format('%I.%I', s.nspname, i.relname) = w.relation) end
limit 1`;

type Other = { relation: string; now: string | null };

/**
 * Why a statement would meet another relation than the one it was made for, since PostgreSQL goes by names; undefined where
 * each name still leads to it. Statements before it, and waits for locks, take their time.
 */
export async function otherThan({ locks }: Step, session: Pick<Session, 'query'>): Promise<string | undefined> {
  if (locks.length === 0) return undefined;
  const values = [locks.map(({ oid }) => oid), locks.map(({ relation }) => relation)];
  const [other] = (await session.query<Other>(otherSql, values, { bounded: true })).rows;
  if (!other) return undefined;
  return `${other.relation} is ${other.now === null ? 'not there any more' : `${other.now} now`}, so this was not sent.`;
}
