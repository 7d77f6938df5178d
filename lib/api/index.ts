import { reveal, rights } from './access';
import {
  actionChoices,
  actions,
  approveRun,
  cancelRun,
  ddl,
  executeAction,
  indexForm,
  oneRun,
  previewAction,
  runs,
} from './actions';
import { annotate, audit, auditExport } from './audit';
import { cacheHealth, clearCache } from './cache';
import type { AnyContract } from './contract';
import { embedSession } from './embed';
import { findings } from './findings';
import { health, ready } from './health';
import { healthDb, healthDbTest } from './health-db';
import { changes, compare, cost, history, moments, series, seriesList, top } from './history';
import { metrics } from './metrics';
import { definition, settings, table } from './objects';
import { openapi } from './openapi';
import { databasePerformance } from './performance';
import { changeSchedule, createSchedule, deleteSchedule, schedules } from './schedules';
import { servers } from './servers';
import { extendSession, oidcCallback, oidcStart, session, signIn, signOut } from './session';
import { topic } from './topics';

/** Every route of the API by the name of its operation, in the order in which it is documented: one line for each. */
export const contracts = {
  health,
  ready,
  cacheHealth,
  clearCache,
  healthDb,
  healthDbTest,
  servers,
  topic,
  table,
  definition,
  settings,
  databasePerformance,
  findings,
  rights,
  reveal,
  seriesList,
  series,
  top,
  compare,
  moments,
  changes,
  cost,
  history,
  actions,
  previewAction,
  executeAction,
  actionChoices,
  indexForm,
  ddl,
  runs,
  oneRun,
  cancelRun,
  approveRun,
  schedules,
  createSchedule,
  changeSchedule,
  deleteSchedule,
  audit,
  auditExport,
  annotate,
  session,
  signIn,
  signOut,
  extendSession,
  oidcStart,
  oidcCallback,
  embedSession,
  openapi,
  metrics,
} satisfies Record<string, AnyContract>;
