import {
  Activity,
  Braces,
  Gauge,
  GitCommitHorizontal,
  GitCompareArrows,
  KeyRound,
  LayoutDashboard,
  ListOrdered,
  ListTree,
  Loader,
  Lock,
  type LucideIcon,
  ScrollText,
  Table,
  Users,
  Waypoints,
  Wrench,
} from 'lucide-react';
import type { TopicId } from '@/lib/topics/index';

/** One page of the menu: its path below the server, its group, the topics it shows and the checks it answers for. */
export type Page = {
  slug: string;
  title: string;
  group: 'Now' | 'Queries' | 'Storage' | 'Server' | 'Desk';
  icon: LucideIcon;
  topics: TopicId[];
  checks: string[];
};

/** Every page, in the order of the menu: one entry for each. */
export const pages: Page[] = [
  {
    slug: 'overview',
    title: 'Overview',
    group: 'Now',
    icon: LayoutDashboard,
    topics: ['connections', 'databases', 'slow-queries', 'tables', 'server'],
    checks: [],
  },
  {
    slug: 'sessions',
    title: 'Sessions',
    group: 'Now',
    icon: Users,
    topics: ['sessions', 'connections'],
    checks: ['connection-headroom', 'idle-in-transaction', 'long-transactions'],
  },
  { slug: 'load', title: 'Load', group: 'Now', icon: Activity, topics: [], checks: [] },
  { slug: 'locks', title: 'Locks', group: 'Now', icon: Lock, topics: ['locks'], checks: ['sessions-blocked'] },
  { slug: 'progress', title: 'Progress', group: 'Now', icon: Loader, topics: ['progress'], checks: [] },
  {
    slug: 'pools',
    title: 'Pools',
    group: 'Now',
    icon: Waypoints,
    topics: ['sessions', 'connections', 'application-pools', 'pools', 'pgbouncer-pools'],
    checks: ['pool-maxima', 'pgbouncer-waiting', 'pgbouncer-away', 'own-pools'],
  },
  {
    slug: 'statements',
    title: 'Statements',
    group: 'Queries',
    icon: ListOrdered,
    topics: ['slow-queries'],
    checks: ['statements-recorded'],
  },
  { slug: 'compare', title: 'Compare', group: 'Queries', icon: GitCompareArrows, topics: [], checks: [] },
  {
    slug: 'tables',
    title: 'Tables',
    group: 'Storage',
    icon: Table,
    topics: ['tables'],
    checks: ['autovacuum-behind', 'stale-statistics'],
  },
  {
    slug: 'indexes',
    title: 'Indexes',
    group: 'Storage',
    icon: ListTree,
    topics: ['index-usage'],
    checks: ['invalid-index'],
  },
  { slug: 'maintenance', title: 'Maintenance', group: 'Desk', icon: Wrench, topics: [], checks: [] },
  { slug: 'changes', title: 'Changes', group: 'Desk', icon: GitCommitHorizontal, topics: [], checks: [] },
  { slug: 'audit', title: 'Audit', group: 'Desk', icon: ScrollText, topics: [], checks: [] },
  { slug: 'access', title: 'Access', group: 'Desk', icon: KeyRound, topics: [], checks: [] },
  { slug: 'cost', title: "pgdeck's own cost", group: 'Desk', icon: Gauge, topics: [], checks: [] },
  { slug: 'api', title: 'API', group: 'Desk', icon: Braces, topics: [], checks: [] },
];

/** The page that answers for a check: where its findings lead to. */
export function pageOfCheck(check: string): Page | undefined {
  return pages.find((page) => page.checks.includes(check));
}
