import type { APIRequestContext } from '@playwright/test';
import type { Answer } from '@/lib/topics/topic';
import { expect } from './fixtures/test';

/**
 * Has a topic asked at once (`default/tables`), so that a page shows what a test has just made; waits its turn of 5 s, and
 * for the answer: who asks is given what is known after 2 s.
 */
export async function askNow(request: APIRequestContext, topic: string): Promise<void> {
  // What is under way was begun before.
  await request.get(`/api/servers/${topic}`);
  const since = Date.now();
  let isAsked = false;
  const sampledAt = async () => {
    const response = await request.get(`/api/servers/${topic}${isAsked ? '' : '?fresh=1'}`);
    if (response.status() !== 200) return 0;
    isAsked = true;
    const answer = (await response.json()) as Answer;
    return answer.status === 'ok' ? Date.parse(answer.sampledAt) : 0;
  };
  await expect.poll(sampledAt, { intervals: [500, 1000], timeout: 40_000 }).toBeGreaterThanOrEqual(since);
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
