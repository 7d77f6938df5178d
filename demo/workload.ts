import { createInterface } from 'node:readline';
import { housekeeping } from './workload/housekeeping';
import { leakingPool } from './workload/leaking-pool';
import { lockChains } from './workload/lock-chain';
import { maintenance } from './workload/maintenance';
import { forgottenReport, reports } from './workload/reports';
import type { Shop } from './workload/shop';
import { traffic } from './workload/traffic';

// The workload's own process. Its parent says on standard input where the shop is (a line of JSON; passwords are in no
// environment and no command line) and keeps the pipe open: at its end, however the parent ended, this ends.
const input = createInterface({ input: process.stdin });
input.once('line', (line) => {
  const shop = JSON.parse(line) as Shop;
  traffic(shop);
  lockChains(shop);
  leakingPool(shop);
  reports(shop);
  forgottenReport(shop);
  housekeeping(shop);
  maintenance(shop);
});
input.once('close', () => process.exit(0));
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole terminal; the parent decides
