import type { Raw } from '@/lib/topics/topic';

/** One number for a relation, by which the history keeps it: its database's OID, then its own, as text. */
export function relationId(datid: number, oid: number): string {
  return BigInt.asIntN(64, (BigInt(datid) << 32n) | BigInt(oid)).toString();
}

/** What a row of topic `load` waits for as one word: `Lock:transactionid`; it runs where it waits for nothing. */
export function waitWord(row: Raw): string {
  return row.wait_event_type === null ? 'CPU' : `${row.wait_event_type}:${row.wait_event}`;
}
