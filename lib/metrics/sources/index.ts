import type { Source } from '../source';
import { clients, lockWaits, slots, waits, workers } from './activity';
import { databaseAges, databaseSessions, databaseSizes, databases } from './databases';
import { ownCost, ownPools, ownPoolWaits, ownShare } from './own';
import { pgbouncerPools, pgbouncerSizes, pgbouncerStats } from './pgbouncer';
import { slots as replicationSlots, slotStates, standbyItself, standbys } from './replication';
import { settings } from './settings';
import { tables } from './tables';
import { backgroundWriter, checkpointsBefore17, checkpointsFrom17, walMade } from './wal';

/** Everything that is told of watched servers from their snapshots, in the order of docs/metrics.md. */
export const sources: Source[] = [
  clients,
  workers,
  slots,
  waits,
  lockWaits,
  databases,
  databaseSizes,
  databaseAges,
  databaseSessions,
  tables,
  standbyItself,
  standbys,
  replicationSlots,
  slotStates,
  backgroundWriter,
  checkpointsBefore17,
  checkpointsFrom17,
  walMade,
  settings,
  pgbouncerPools,
  pgbouncerSizes,
  pgbouncerStats,
  ownPools,
  ownPoolWaits,
  ownCost,
  ownShare,
];
