import { recordings } from '../recordings';
import { keyedColumns, metricRollUp } from './0001-store';
import type { Migration } from './index';

/** Roll-ups to days: over a year one row for each hour is ten thousand reads for a chart. */
export const migration: Migration = {
  version: 2,
  name: 'days',
  partitioned: [
    { name: 'metric_1d', tier: 'hour', columns: metricRollUp },
    ...Object.values(recordings).map((recording) => ({
      name: `${recording.id}_1d`,
      tier: 'hour' as const,
      columns: keyedColumns(recording),
    })),
  ],
};
