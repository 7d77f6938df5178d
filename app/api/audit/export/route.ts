import { reachOf } from '@/lib/access/audit-reach';
import { othersThan, route } from '@/lib/access/route';
import { userNow } from '@/lib/access/user-now';
import type { AuditEntry } from '@/lib/actions/protocol';
import { auditExport } from '@/lib/api/audit';
import { copiedEntries } from '@/lib/audit/copies';
import { mayRead } from '@/lib/audit/query';
import { runtime } from '@/lib/runtime';
import { filterOf, storeOfFleet } from '../query';
import { csvHead, csvLine, streamed } from './export';

/** After so many entries it is looked again who asks, and with which role. */
const entriesAtOnce = 100;

/**
 * `GET /api/audit/export?format=jsonl|csv`: every entry of the filters as a file, newest first; of servers where one is no admin
 * one's own. Who may read no more of it meanwhile gets an end that is no end of a file.
 */
export const GET = route(auditExport, ({ query: { format, fleet, ...wanted }, user }) => {
  const filter = filterOf(wanted, user);
  const store = fleet ? storeOfFleet() : undefined;
  let asks = user;
  let told = 0;
  const text = async (entry: AuditEntry, line: () => string) => {
    // Hours may lie between the request and a line.
    if (told++ % entriesAtOnce === 0) asks = (await userNow(user, runtime().config.access)) ?? refuse();
    const reach = reachOf(asks);
    if (reach && !mayRead(entry, reach)) refuse();
    return format === 'csv' ? csvLine(entry) : `${line()}\n`;
  };
  const texts = async function* () {
    if (store)
      for await (const entry of copiedEntries(store, filter)) yield await text(entry, () => JSON.stringify(entry));
    else for await (const { entry, line } of runtime().audit.lines(filter)) yield await text(entry, () => line);
  };
  return new Response(streamed(format === 'csv' ? csvHead : '', texts()), {
    headers: {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8',
      'content-disposition': `attachment; filename="pgdeck-audit-${new Date().toISOString().slice(0, 10)}.${format}"`,
    },
  });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');

function refuse(): never {
  throw new Error('the right to read this was taken away meanwhile');
}
