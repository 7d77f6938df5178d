import { type ComponentType, lazy } from 'react';
import type { Limits } from '@/lib/config';

/** What a page is given: its server, and from when on sessions count as waiting or running long. */
export type ViewProps = { server: string; limits: Limits };

type View = ComponentType<ViewProps>;

const of = (load: () => Promise<View>) => lazy(async () => ({ default: await load() }));

/** Every page of the menu by its slug, the same as below app/(deck), fetched when it is shown. */
export const views: Record<string, ReturnType<typeof of>> = {
  overview: of(async () => (await import('../overview/overview-page')).OverviewPage),
  sessions: of(async () => (await import('../sessions/sessions-page')).SessionsPage),
  load: of(async () => (await import('../load/load-page')).LoadPage),
  locks: of(async () => {
    const { LocksPage } = await import('../locks/locks-page');
    return ({ server, limits }) => <LocksPage server={server} blockedSeconds={limits.blockedSeconds} />;
  }),
  progress: of(async () => (await import('../progress/progress-page')).ProgressPage),
  pools: of(async () => (await import('../pools/pools-page')).PoolsPage),
  statements: of(async () => (await import('../statements/statements-page')).StatementsPage),
  compare: of(async () => (await import('../compare/compare-page')).ComparePage),
  tables: of(async () => (await import('../tables/tables-page')).TablesPage),
  indexes: of(async () => (await import('../indexes/indexes-page')).IndexesPage),
  maintenance: of(async () => (await import('../maintenance/maintenance-page')).MaintenancePage),
  changes: of(async () => (await import('../changes/changes-page')).ChangesPage),
  audit: of(async () => (await import('../audit/audit-page')).AuditPage),
  access: of(async () => (await import('../rights/rights-page')).RightsPage),
  cost: of(async () => (await import('../cost/cost-page')).CostPage),
  api: of(async () => (await import('../api/api-page')).ApiPage),
};
