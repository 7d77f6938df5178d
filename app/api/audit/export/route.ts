import { othersThan, route } from '@/lib/access/route';
import { auditExport } from '@/lib/api/audit';
import { copiedEntries } from '@/lib/audit/copies';
import { runtime } from '@/lib/runtime';
import { filterOf, storeOfFleet } from '../query';
import { csvHead, csvLine, streamed } from './export';

/** `GET /api/audit/export?format=jsonl|csv`: every entry of the filters as a file, newest first; of servers where one is no admin one's own. */
export const GET = route(auditExport, ({ query: { format, fleet, ...wanted }, user }) => {
  const filter = filterOf(wanted, user);
  const store = fleet ? storeOfFleet() : undefined;
  const texts = async function* () {
    if (store)
      for await (const entry of copiedEntries(store, filter))
        yield format === 'csv' ? csvLine(entry) : `${JSON.stringify(entry)}\n`;
    else
      for await (const { entry, line } of runtime().audit.lines(filter))
        yield format === 'csv' ? csvLine(entry) : `${line}\n`;
  };
  return new Response(streamed(format === 'csv' ? csvHead : '', texts()), {
    headers: {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8',
      'content-disposition': `attachment; filename="pgdeck-audit-${new Date().toISOString().slice(0, 10)}.${format}"`,
    },
  });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
