import type { APIRequestContext } from '@playwright/test';
import { expect } from './fixtures/test';

/** Has a topic asked at once (`default/tables`), so that a page shows what a test has just made; waits its turn of 5 s. */
export async function askNow(request: APIRequestContext, topic: string): Promise<void> {
  await expect
    .poll(async () => (await request.get(`/api/servers/${topic}?fresh=1`)).status(), {
      intervals: [500, 1000],
      timeout: 20_000,
    })
    .toBe(200);
}

/** The OID of a table, once the tables of the server `default` are known. */
export async function anyTable(request: APIRequestContext, prefix = ''): Promise<number> {
  let oid: number | undefined;
  await expect(async () => {
    const { rows = [] } = await (await request.get(`${prefix}/api/servers/default/tables`)).json();
    oid = rows[0]?.relid;
    expect(oid).toBeDefined();
  }).toPass({ timeout: 30_000 });
  return oid as number;
}
