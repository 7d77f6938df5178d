import { z } from 'zod';

/** Which relations an action can be done to. */
export const relationFit = z.strictObject({
  relkinds: z.string().describe('Letters as pg_class.relkind has them.'),
  partition: z.boolean().optional().describe('Only partitions, or none.'),
});
export type RelationFit = z.infer<typeof relationFit>;

/** What is offered to choose from, by action; one that is not named fits every table, view of rows and sequence. */
export const relationFits: Readonly<Record<string, RelationFit>> = {
  analyze: { relkinds: 'rpmf' },
  vacuum: { relkinds: 'rpm' },
  'vacuum-full': { relkinds: 'rpm' },
  'set-storage-parameters': { relkinds: 'rm' },
  'create-statistics': { relkinds: 'rpmf' },
  'reset-statistics': { relkinds: 'rm' },
  'create-index': { relkinds: 'rpm' },
  reindex: { relkinds: 'rpm' },
  'create-partition': { relkinds: 'p' },
  'attach-partition': { relkinds: 'rpf', partition: false },
  'detach-partition': { relkinds: 'rpf', partition: true },
  'drop-partition': { relkinds: 'rpf', partition: true },
  'sequence-to-bigint': { relkinds: 'S' },
};
