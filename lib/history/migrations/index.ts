import { migration as store } from './0001-store';
import { migration as days } from './0002-days';
import { migration as schedules } from './0003-schedules';
import { migration as usedIds } from './0004-used-ids';
import { migration as makers } from './0005-makers';

/** A table by its name in the schema `pgdeck` and what stands between its parentheses, with them. */
export type TableShape = { name: string; columns: string };

/** How long a partitioned table is kept, and in what pieces: days for `raw` and `minute`, months for `hour`. */
export type Tier = 'raw' | 'minute' | 'hour';

/**
 * One step of the store's shape, by what kind of table each is: the same everywhere (`references`), in one place
 * (`locals`), by `server_id` (`distributed`), by `server_id` and in pieces of time (`partitioned`); then plain `sql`.
 */
export type Migration = {
  version: number;
  name: string;
  references?: TableShape[];
  locals?: (TableShape & { unlogged?: true })[];
  distributed?: TableShape[];
  partitioned?: (TableShape & { tier: Tier })[];
  sql?: string[];
};

/** Every step, in order; forward only. */
export const migrations: Migration[] = [store, days, schedules, usedIds, makers];
