import { expect, test } from 'vitest';
import { pools } from './pools';
import { readers } from './workload/lock-chain';
import { sessions } from './workload/traffic';

test('the workload keeps to the pools that the demo tells of', () => {
  const inChain = (name: string) => readers.filter(([, application]) => application === name).length;
  // The chain's root is a session of billing-api, too.
  const root = (name: string) => (name === 'billing-api' ? 1 : 0);
  for (const [name, working] of Object.entries(sessions)) {
    const pool = pools.find((each) => each.name === name);
    expect((pool?.poolMax ?? 0) * (pool?.instances ?? 0), name).toBeGreaterThanOrEqual(
      working + inChain(name) + root(name),
    );
  }
});
