import type { Action } from './action';
import { alterSystem } from './alter-system';
import { analyze } from './analyze';
import { analyzeDatabase } from './analyze-database';
import { attachPartition } from './attach-partition';
import { cancel } from './cancel';
import { checkpoint } from './checkpoint';
import { createExtension } from './create-extension';
import { createIndex } from './create-index';
import { createPartition } from './create-partition';
import { createStatistics } from './create-statistics';
import { detachPartition } from './detach-partition';
import { dropExtension } from './drop-extension';
import { dropIndex } from './drop-index';
import { dropPartition } from './drop-partition';
import { dropSlot } from './drop-slot';
import { dropStatistics } from './drop-statistics';
import { pgbouncerKill } from './pgbouncer-kill';
import { pgbouncerPause } from './pgbouncer-pause';
import { pgbouncerReconnect } from './pgbouncer-reconnect';
import { pgbouncerReload } from './pgbouncer-reload';
import { pgbouncerResume } from './pgbouncer-resume';
import { recreate } from './recreate';
import { refreshCollationVersion } from './refresh-collation-version';
import { reindex } from './reindex';
import { resetStatements } from './reset-statements';
import { resetStatistics } from './reset-statistics';
import { rollbackPrepared } from './rollback-prepared';
import { sequenceToBigint } from './sequence-to-bigint';
import { setStorageParameters } from './set-storage-parameters';
import { switchWal } from './switch-wal';
import { terminate } from './terminate';
import { updateExtension } from './update-extension';
import { vacuum } from './vacuum';
import { vacuumFull } from './vacuum-full';
import { validateConstraint } from './validate-constraint';

/** Every action, by the id that the API and the audit name it by. */
export const actions = {
  cancel,
  terminate,
  analyze,
  'analyze-database': analyzeDatabase,
  vacuum,
  'vacuum-full': vacuumFull,
  'set-storage-parameters': setStorageParameters,
  'create-statistics': createStatistics,
  'drop-statistics': dropStatistics,
  'validate-constraint': validateConstraint,
  'sequence-to-bigint': sequenceToBigint,
  'create-index': createIndex,
  'drop-index': dropIndex,
  reindex,
  recreate,
  'create-partition': createPartition,
  'attach-partition': attachPartition,
  'detach-partition': detachPartition,
  'drop-partition': dropPartition,
  'reset-statements': resetStatements,
  'reset-statistics': resetStatistics,
  'alter-system': alterSystem,
  'create-extension': createExtension,
  'update-extension': updateExtension,
  'drop-extension': dropExtension,
  checkpoint,
  'switch-wal': switchWal,
  'drop-slot': dropSlot,
  'rollback-prepared': rollbackPrepared,
  'refresh-collation-version': refreshCollationVersion,
  'pgbouncer-pause': pgbouncerPause,
  'pgbouncer-resume': pgbouncerResume,
  'pgbouncer-reconnect': pgbouncerReconnect,
  'pgbouncer-kill': pgbouncerKill,
  'pgbouncer-reload': pgbouncerReload,
} satisfies Record<string, Action>;

/** The id of an action. */
export type ActionId = keyof typeof actions;

/** The action of an id, or undefined where there is none. */
export function findAction(id: string): Action | undefined {
  return Object.hasOwn(actions, id) ? actions[id as ActionId] : undefined;
}
