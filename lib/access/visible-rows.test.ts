import { expect, test } from 'vitest';
import { topics } from '@/lib/topics/index';
import type { Answer, AnyTopic, Raw } from '@/lib/topics/topic';
import { everything } from './test-access';
import { requireTopicRows, visibleAnswer } from './visible-rows';

const shopOnly = { ...everything, databases: new Set(['shop']) };
const row = (pid: number, datname: string | null) => ({ pid, datname });
const rows: Raw[] = [row(1, 'shop'), row(2, 'books'), row(3, null), row(4, 'SHOP')];
const at = { sampledAt: '2026-11-21T03:14:02.000Z', ageSeconds: 0, windowSeconds: 2 };
const envelope = { topic: 'sessions', server: 's', database: null };
const ok: Answer = { ...envelope, status: 'ok', ...at, rows };
const pidsOf = (answer: Answer) =>
  (answer.status === 'ok' ? answer.rows : (answer.last?.rows ?? [])).map(({ pid }) => pid);

// Fails when `visibleRows()` gives back the rows as they are.
test('T12: rows of other databases, and those of none, are not told; not with the last known ones either', () => {
  expect(pidsOf(visibleAnswer(topics.sessions as AnyTopic, ok, everything))).toEqual([1, 2, 3, 4]);
  expect(pidsOf(visibleAnswer(topics.sessions as AnyTopic, ok, shopOnly))).toEqual([1]);
  const failed: Answer = { ...envelope, status: 'unavailable', reason: 'locked', hint: '', last: { ...at, rows } };
  expect(pidsOf(visibleAnswer(topics.sessions as AnyTopic, failed, shopOnly))).toEqual([1]);
});

test('who may see the same gets the same rows, and nobody those of another', () => {
  const other = { ...everything, databases: new Set(['books']) };
  const seen = (access: typeof shopOnly) => visibleAnswer(topics.sessions as AnyTopic, ok, access);
  expect(pidsOf(seen(shopOnly))).toEqual([1]);
  expect(pidsOf(seen(other))).toEqual([2]);
  const again = { ...everything, databases: new Set(['shop']) };
  expect((seen(again) as { rows: Raw[] }).rows).toBe((seen(shopOnly) as { rows: Raw[] }).rows);
});

// Fails when `requireTopicRows()` does not ask for a database where a topic has no such column.
test('T12: a topic of the whole server that does not say the database of its rows is refused, not shown whole', () => {
  for (const topic of Object.values(topics) as AnyTopic[]) {
    const asked = () => requireTopicRows(shopOnly, 's', topic, null);
    if (topic.scope === 'server' && topic.databaseColumn) expect(asked, topic.id).not.toThrow();
    else expect(asked, topic.id).toThrow(expect.objectContaining({ status: 403, code: 'forbidden' }));
  }
  expect(() => requireTopicRows(shopOnly, 's', topics.wal as AnyTopic, null)).toThrow();
  expect(() => requireTopicRows(everything, 's', topics.wal as AnyTopic, null)).not.toThrow();
  expect(() => requireTopicRows(shopOnly, 's', topics.tables as AnyTopic, 'shop')).not.toThrow();
  expect(() => requireTopicRows(shopOnly, 's', topics.tables as AnyTopic, 'books')).toThrow(
    expect.objectContaining({ status: 404 }),
  );
});

test('each topic of the whole server whose rows name a database says so, but the connection of pgdeck and the sum of all pools', () => {
  const named = (Object.values(topics) as AnyTopic[])
    .filter(({ scope, row }) => scope === 'server' && Object.hasOwn(row.shape, 'datname'))
    .map(({ id }) => id);
  const said = (Object.values(topics) as AnyTopic[]).filter((topic) => topic.databaseColumn).map(({ id }) => id);
  expect(named.filter((id) => !said.includes(id))).toEqual(['application-pools', 'server']);
  for (const topic of Object.values(topics) as AnyTopic[])
    if (topic.databaseColumn) expect(Object.keys(topic.row.shape)).toContain(topic.databaseColumn);
});
