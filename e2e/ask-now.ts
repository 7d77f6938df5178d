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
