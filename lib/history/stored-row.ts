/** What sort of word it is; a wait is `Lock:transactionid`, its class `Lock`, or `CPU`. */
export type WordKind = 'wait' | 'user' | 'application' | 'database' | 'client' | 'topic';

/** The number that stands for a word in the store; 0 for none. */
export type WordId = (kind: WordKind, word: string | null | undefined) => number;

/** A table that rows are added to: its columns after `server_id` and `ts`, each with its SQL type. */
export type StoredTable = { name: string; columns: readonly (readonly [name: string, type: string])[] };

/** A row on its way to the store; it is written once, and not at all where one with the same key stands there already. */
export type StoredRow = {
  table: StoredTable;
  /** The moment or the begin of the interval, epoch seconds. */
  ts: number;
  /** Length of the interval; missing: a moment. */
  seconds?: number;
  /** The words that `values` asks for. */
  words: Iterable<readonly [WordKind, string]>;
  /** The values of the table's columns; an array is text such as `{1,2,NULL}`. */
  values(id: WordId): unknown[];
  /** About how much memory it takes. */
  bytes: number;
};
