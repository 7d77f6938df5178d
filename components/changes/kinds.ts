import {
  ArrowLeftRight,
  Gauge,
  type LucideIcon,
  Puzzle,
  Rocket,
  RotateCcw,
  SlidersHorizontal,
  TableProperties,
  Undo2,
  UserCog,
  Wrench,
} from 'lucide-react';
import type { ChangeEvent } from '@/lib/history/answers';

/** What kind of change an event is. */
export type ChangeKind = ChangeEvent['kind'];

/** Every kind of change in words, one and many, with its icon. */
export const changeKinds: Record<ChangeKind, { one: string; many: string; icon: LucideIcon }> = {
  setting: { one: 'setting', many: 'settings', icon: SlidersHorizontal },
  restart: { one: 'restart', many: 'restarts', icon: RotateCcw },
  failover: { one: 'failover', many: 'failovers', icon: ArrowLeftRight },
  stats_reset: { one: 'statistics reset', many: 'statistics resets', icon: Undo2 },
  schema: { one: 'schema change', many: 'schema changes', icon: TableProperties },
  extension: { one: 'extension', many: 'extensions', icon: Puzzle },
  role: { one: 'role', many: 'roles', icon: UserCog },
  action: { one: 'action of pgdeck', many: 'actions of pgdeck', icon: Wrench },
  deploy: { one: 'mark', many: 'marks', icon: Rocket },
  pgdeck: { one: 'note on pgdeck itself', many: 'notes on pgdeck itself', icon: Gauge },
};

/** The kinds in the order of the filter. */
export const changeKindIds = Object.keys(changeKinds) as ChangeKind[];
