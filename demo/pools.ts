import type { ApplicationPool } from '@/lib/config';
import { mostConnections } from './workload/leaking-pool';

const pool = (name: string, poolMax: number, instances: number): ApplicationPool => ({
  name,
  match: { application_name: name },
  poolMax,
  instances,
});

/** The pools of the shop's services, which the workload keeps to; its reports, jobs and migrations have none. */
export const pools: ApplicationPool[] = [
  pool('shop-web', 4, 2),
  pool('checkout', 2, 2),
  pool('billing-api', 2, 2),
  pool('warehouse', 1, 1),
  pool('inventory-sync', mostConnections, 1),
];
