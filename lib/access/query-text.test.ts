import { beforeAll, expect, test } from 'vitest';
import { loadMask } from '@/lib/masking/statement';
import { topics } from '@/lib/topics/index';
import type { Answer, AnyTopic } from '@/lib/topics/topic';
import { requireReveal, revealed, shownAnswer, shownLabels, shownWords, statementColumns } from './query-text';

beforeAll(() => loadMask());

const sessions: AnyTopic = topics.sessions;
const rows = [
  { pid: 1, query: "select * from users where email = 'jane@example.com'" },
  { pid: 2, query: 'select Hunter2 from "cut' },
  { pid: 3, query: null },
];
const ok: Answer = {
  topic: 'sessions',
  server: 'one',
  database: null,
  status: 'ok',
  sampledAt: '',
  ageSeconds: 0,
  windowSeconds: null,
  rows,
};
const texts = async (queryText: 'plain' | 'reveal' | 'masked' | 'hidden', answer = ok as Answer) => {
  const shown = await shownAnswer(sessions, answer, { queryText });
  return (shown.status === 'ok' ? shown.rows : (shown.last?.rows ?? [])).map(({ query }) => query);
};

// T16: fails without `statement: true` at a column (lib/topics/column.ts), or where a new column holds a text under another name.
test('T16: every column of a topic that holds texts of statements says so', () => {
  const marked = Object.values(topics as Record<string, AnyTopic>).flatMap((topic) =>
    statementColumns(topic).map((column) => `${topic.id}.${column}`),
  );
  expect(marked.sort()).toEqual([
    'locks.query',
    'progress.query',
    'sessions.query',
    'slow-queries.query',
    'statement-counters.query',
  ]);
  for (const topic of Object.values(topics as Record<string, AnyTopic>)) {
    // What asks for a text in its SQL, or joins one, has a column for it.
    const asks = /\ba\.query\b(?!_)|\bs\.query\b(?!id)/.test(JSON.stringify([topic.sql, topic.lookups]));
    expect(statementColumns(topic).length > 0, topic.id).toBe(asks);
  }
});

// T16: fails where `shownAnswer` returns the answer as it is.
test('T16: values are masked for all who may not see them at once, and nothing is shown without sign-in', async () => {
  const masked = ['select * from users where email = ?', 'select Hunter2 from "cut"…', null];
  expect(await texts('plain')).toEqual(rows.map(({ query }) => query));
  expect(await texts('reveal')).toEqual(masked);
  expect(await texts('masked')).toEqual(masked);
  expect(await texts('hidden')).toEqual([null, null, null]);
});

test('the last rows of an answer that failed are masked, too', async () => {
  const { rows: last, status: _status, windowSeconds: _window, ...envelope } = ok as Extract<Answer, { status: 'ok' }>;
  const failed: Answer = {
    ...envelope,
    status: 'unavailable',
    reason: 'timeout',
    hint: '',
    last: { rows: last, sampledAt: '', ageSeconds: 1 },
  };
  expect(JSON.stringify(await texts('masked', failed))).not.toContain('jane');
});

test('a snapshot is masked once, however many read it', async () => {
  const asked = [1, 2, 3].map(() => shownAnswer(sessions, ok, { queryText: 'masked' }));
  const answers = (await Promise.all(asked)) as Extract<Answer, { status: 'ok' }>[];
  expect(new Set(answers.map((answer) => answer.rows)).size).toBe(1);
  expect(rows[0]?.query).toContain('jane');
});

test('T16: texts in labels are masked, and left out where nothing is shown', async () => {
  const words = { '7': "select 'jane'", other: 'other' };
  expect(await shownWords(words, { queryText: 'masked' })).toEqual({ '7': 'select ?', other: 'other' });
  expect(await shownWords(words, { queryText: 'hidden' })).toEqual({});
  const labels = [{ label: "select 'jane'" }, { label: null }];
  expect(await shownLabels(labels, { queryText: 'masked' })).toEqual([{ label: 'select ?' }, { label: null }]);
  expect(await shownLabels(labels, { queryText: 'hidden' })).toEqual([{ label: null }, { label: null }]);
});

test('T16: who has no right to values is refused them, and a password is revealed to nobody', async () => {
  for (const queryText of ['masked', 'hidden'] as const)
    expect(() => requireReveal(queryText)).toThrow(/masked|sign-in/);
  for (const queryText of ['reveal', 'plain'] as const) expect(() => requireReveal(queryText)).not.toThrow();
  const { text, masked } = await revealed("alter role a password 'Hunter2'; select 'jane'");
  expect(text).toBe("alter role a password '…'; select 'jane'");
  expect(masked).toBe('alter role a password ?; select ?');
});
