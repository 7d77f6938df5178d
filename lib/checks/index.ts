import { autovacuumBehind } from './autovacuum-behind';
import type { Check } from './check';
import { connectionHeadroom } from './connection-headroom';
import { idleInTransaction } from './idle-in-transaction';
import { invalidIndex } from './invalid-index';
import { longTransactions } from './long-transactions';
import { ownPools } from './own-pools';
import { pgbouncerAway } from './pgbouncer-away';
import { pgbouncerWaiting } from './pgbouncer-waiting';
import { poolMaxima } from './pool-maxima';
import { sessionsBlocked } from './sessions-blocked';
import { staleStatistics } from './stale-statistics';
import { statementsRecorded } from './statements-recorded';

/** Every check, in the order in which findings of one severity are shown. */
export const checks: Check[] = [
  sessionsBlocked,
  connectionHeadroom,
  pgbouncerAway,
  pgbouncerWaiting,
  poolMaxima,
  idleInTransaction,
  longTransactions,
  invalidIndex,
  autovacuumBehind,
  staleStatistics,
  statementsRecorded,
  ownPools,
];
