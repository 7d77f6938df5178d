import type { Row } from '@/lib/topics/index';
import { defineSource } from '../source';

/** More standbys or slots than these are not told of. */
const mostOfEach = 50;

type Place = Row<'replication'>;

const ofKind = (rows: Place[], kind: string) => rows.filter((row) => row.kind === kind).slice(0, mostOfEach);

/** Whether it follows another, and how far behind it is then. */
export const standbyItself = defineSource({
  topic: 'replication',
  whole: true,
  rows: (rows, { inRecovery }) =>
    inRecovery === undefined ? [] : [{ inRecovery, replay: rows.find(({ kind }) => kind === 'replay') }],
  labels: [],
  from: 'postgres_exporter',
  figures: {
    pg_replication_is_replica: {
      type: 'gauge',
      help: '1: the server is a standby.',
      value: ({ inRecovery }) => Number(inRecovery),
    },
    pg_replication_lag_seconds: {
      type: 'gauge',
      help: 'Seconds that a standby is behind; 0 on a primary.',
      value: ({ inRecovery, replay }) => (inRecovery ? replay?.lag_seconds : 0),
    },
  },
});

/** Standbys of the server; of several with the same labels the one that is furthest behind. */
export const standbys = defineSource({
  topic: 'replication',
  whole: true,
  rows: (rows) => ofKind(rows, 'standby').map((row) => ({ ...row, application_name: row.name.replace(/\/\d+$/, '') })),
  labels: ['application_name', 'client_addr', 'state'],
  figures: {
    pg_stat_replication_pg_wal_lsn_diff: {
      type: 'gauge',
      help: 'Bytes of WAL that the standby has not replayed yet.',
      value: (row) => row.lag_bytes,
      from: 'postgres_exporter',
    },
    pgdeck_replication_standby_lag_seconds: {
      type: 'gauge',
      help: 'Time that its replay is behind; missing where nothing was written lately.',
      value: (row) => row.lag_seconds,
    },
  },
});

/** Replication slots. */
export const slots = defineSource({
  topic: 'replication',
  whole: true,
  rows: (rows) => ofKind(rows, 'slot').map((row) => ({ ...row, slot_name: row.name, slot_type: row.state })),
  labels: ['slot_name', 'slot_type'],
  figures: {
    pg_replication_slot_slot_is_active: {
      type: 'gauge',
      help: '1: somebody reads from the slot.',
      value: (row) => (row.active === null ? null : Number(row.active)),
      from: 'postgres_exporter',
    },
    pgdeck_replication_slot_retained_bytes: {
      type: 'gauge',
      help: 'WAL that is kept because of the slot.',
      value: (row) => row.retained_bytes,
    },
  },
});

/** How much of the WAL that slots need is still there. */
export const slotStates = defineSource({
  topic: 'replication',
  whole: true,
  rows: (rows) =>
    ofKind(rows, 'slot')
      .filter((row) => row.wal_status !== null)
      .map((row) => ({ ...row, slot_name: row.name, slot_type: row.state })),
  labels: ['slot_name', 'slot_type', 'wal_status'],
  from: 'postgres_exporter',
  figures: {
    pg_replication_slot_wal_status: {
      type: 'gauge',
      help: '1 for the state of the slot: reserved, extended, unreserved or lost.',
      value: () => 1,
    },
  },
});
