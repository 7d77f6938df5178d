import { csvCell } from '@/components/table/csv';
import type { AuditEntry } from '@/lib/actions/protocol';
import { notApplicable } from '@/lib/format';

type Cell = string | number | null;

const columns: Record<string, (entry: AuditEntry) => Cell | undefined> = {
  time: ({ ts }) => ts,
  number: ({ seq }) => seq,
  instance: ({ instance }) => textOf(instance),
  event: ({ event }) => event,
  server: ({ server }) => server,
  user: ({ user }) => user?.name,
  user_role: ({ user }) => user?.role,
  action: ({ action }) => action,
  title: ({ title }) => title,
  target: ({ target }) => textOf(target),
  role: ({ role }) => role,
  sql: ({ sql }) => sql?.join(';\n'),
  status: ({ result }) => result?.status,
  message: ({ result, message }) => result?.message ?? textOf(message),
  sqlstate: ({ result }) => result?.sqlstate,
  ms: ({ result }) => result?.ms,
  warnings: ({ result }) => result?.warnings?.join('\n'),
  figures: ({ result }) =>
    result?.figures
      ?.map(({ label, before, after }) => `${label}: ${before ?? notApplicable} → ${after ?? notApplicable}`)
      .join('\n'),
  undo: ({ result }) => result?.undo?.sql,
  schedule: ({ schedule }) => textOf(schedule),
  run: ({ runId }) => runId,
  request: ({ requestId }) => requestId,
};

/** The head of the audit as CSV (RFC 4180). */
export const csvHead = `${Object.keys(columns).join(',')}\r\n`;

/** One entry as a line of CSV; texts that a spreadsheet would run as formulas are defused. */
export function csvLine(entry: AuditEntry): string {
  const cells = Object.values(columns).map((cell) => csvCell(cell(entry) ?? null));
  return `${cells.join(',')}\r\n`;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A body that is made while it is read: nobody holds a whole audit in memory. `head` comes before the first text. */
export function streamed(head: string, texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      let chunk = begun ? '' : head;
      begun = true;
      let done = false;
      while (!done && chunk.length < 64 * 1024) {
        const next = await texts.next();
        done = next.done === true;
        if (!next.done) chunk += next.value;
      }
      if (chunk !== '') controller.enqueue(encoder.encode(chunk));
      if (done) controller.close();
    },
    async cancel() {
      await texts.return(undefined);
    },
  });
}
