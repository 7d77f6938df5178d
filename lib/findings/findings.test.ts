import { expect, test } from 'vitest';
import { readConfig } from '@/lib/config';
import type { Answer, Raw } from '@/lib/topics/topic';
import { FindingsKeeper } from './findings';

const { limits } = readConfig({ DATABASE_URL: 'postgres://u@localhost/d', PGDECK_STATE_DIR: '/nowhere' });

/** A sampler whose answers the test says. */
function told() {
  const answers = new Map<string, Answer>();
  const listeners: ((topic: string, database: string | null) => void)[] = [];
  return {
    latest: (topic: string) => answers.get(topic),
    subscribe: (listener: (topic: string, database: string | null) => void) => void listeners.push(listener),
    say(topic: string, rows: Raw[], database: string | null = null) {
      const at = { sampledAt: '2026-11-21T03:14:02.000Z', ageSeconds: 0, windowSeconds: 2 };
      answers.set(topic, { topic, server: 's', database, status: 'ok', ...at, rows });
      for (const listener of listeners) listener(topic, database);
    },
    refuse(topic: string) {
      answers.set(topic, {
        topic,
        server: 's',
        database: null,
        status: 'unavailable',
        reason: 'locked',
        hint: 'Locked.',
      });
    },
  };
}

const healthy = (sampler: ReturnType<typeof told>) => {
  sampler.say('connections', [{ connections: 5, ceiling: 97, state: 'idle', datname: 'd', usename: 'u' }]);
  sampler.say('sessions', []);
  sampler.say('locks', []);
  sampler.say('tables', [], 'd');
  sampler.say('index-usage', [], 'd');
  sampler.say('slow-queries', [{ entries: 10, stats_reset_seconds: 90_000 }]);
  sampler.say('pgbouncer-pools', []);
  sampler.say('application-pools', [{ name: 'pgdeck', ceiling: 97, slots_most: 5, kind: 'pgdeck' }]);
  sampler.say('pools', []);
};
const idle = (state_seconds: number) => ({
  pid: 7,
  backend_start_us: '1',
  state: 'idle in transaction',
  state_seconds,
  xact_seconds: state_seconds,
  blocks: 0,
  application_name: 'web',
  usename: 'u',
  datname: 'd',
});

test('before anything was asked the verdict is unknown', () => {
  expect(new FindingsKeeper('s', told(), limits).current()).toMatchObject({ verdict: 'unknown', findings: [], ok: [] });
});

test('everything judged and nothing found is OK, with what was looked at', () => {
  const sampler = told();
  healthy(sampler);
  const { verdict, notJudged, ok } = new FindingsKeeper('s', sampler, limits).judge();
  expect({ verdict, notJudged }).toEqual({ verdict: 'ok', notJudged: [] });
  expect(ok).toHaveLength(12);
  for (const { sentence } of ok) expect(sentence).not.toMatch(/\.$/);
});

test('one thing that cannot be judged is unknown, and a finding outweighs it', () => {
  const sampler = told();
  healthy(sampler);
  sampler.refuse('tables');
  const keeper = new FindingsKeeper('s', sampler, limits);
  expect(keeper.judge()).toMatchObject({
    verdict: 'unknown',
    notJudged: [{ because: 'Locked.' }, { because: 'Locked.' }],
  });
  sampler.say('sessions', [idle(400)]);
  expect(keeper.judge().verdict).toBe('warning');
  sampler.say('sessions', [idle(400), { ...idle(4000), pid: 8 }]);
  const { verdict, findings } = keeper.judge();
  expect(verdict).toBe('critical');
  expect(findings.map((finding) => finding.severity)).toEqual(['critical', 'warning']);
});

test('a finding keeps its id and its beginning for as long as it lasts', () => {
  const sampler = told();
  healthy(sampler);
  const keeper = new FindingsKeeper('s', sampler, limits);
  const start = Date.parse('2026-11-21T03:00:00.000Z');
  sampler.say('sessions', [idle(360)]);
  const [first] = keeper.judge(start).findings;
  expect(first).toMatchObject({ since: '2026-11-21T02:59:00.000Z', key: 'idle-in-transaction:7:1' });
  sampler.say('sessions', [idle(420)]);
  expect(keeper.judge(start + 61_000).findings[0]).toMatchObject({ since: first?.since, id: first?.id });
  // A question that fails for a moment ends nothing.
  sampler.refuse('sessions');
  expect(keeper.judge(start + 120_000).findings).toEqual([]);
  sampler.say('sessions', [idle(540)]);
  expect(keeper.judge(start + 180_000).findings[0]).toMatchObject({ since: first?.since });
  sampler.say('sessions', []);
  expect(keeper.judge(start + 240_000).findings).toEqual([]);
});

test('a new answer is judged by itself, once for a burst', async () => {
  const sampler = told();
  const keeper = new FindingsKeeper('s', sampler, limits);
  const { judgedAt } = keeper.judge(0);
  healthy(sampler);
  expect(keeper.current().judgedAt).toBe(judgedAt);
  await expect.poll(() => keeper.current().verdict).toBe('ok');
});

test('a check that fails is not judged, and the others are', async () => {
  const sampler = told();
  healthy(sampler);
  const keeper = new FindingsKeeper('s', sampler, limits);
  sampler.say('sessions', [idle(4000)]);
  // A row that no query gives.
  sampler.say('locks', [null as never]);
  await expect.poll(() => keeper.current().verdict).toBe('critical');
  expect(keeper.current().notJudged).toMatchObject([
    { check: 'sessions-blocked', because: 'pgdeck itself failed on this check; see its log.' },
  ]);
  expect(keeper.current().findings).toMatchObject([{ check: 'idle-in-transaction' }]);
});

// Fails when `judged()` leaves out `partOf()`, or `part()` remembers what it saw as the keeper's own.
test('T12: who may see some databases gets the verdict on those, and no word of the whole server or of others', () => {
  const sampler = told();
  healthy(sampler);
  const crowd = (connections: number, datname: string, datconnlimit?: number) => ({
    ...{ connections, ceiling: 97, state: 'active', datname, usename: 'u', application_name: datname, datconnlimit },
  });
  sampler.say('connections', [crowd(90, 'books'), crowd(5, 'shop', 5)]);
  sampler.say('sessions', [idle(400), { ...idle(4000), pid: 8, datname: 'books', application_name: 'books' }]);
  const keeper = new FindingsKeeper('s', sampler, limits);
  expect(keeper.judge(0).findings.map(({ object }) => object.database)).toContain('books');
  const whole = keeper.current();
  const own = (row: Raw) => row.datname === undefined || ['shop', 'd'].includes(row.datname as string);
  const part = keeper.part(
    new Set(['shop', 'd']),
    (topic) => {
      const answer = sampler.latest(topic);
      return answer?.status === 'ok' ? { ...answer, rows: answer.rows.filter(own) } : answer;
    },
    60_000,
  );
  expect(part).toMatchObject({ verdict: 'critical', of: ['d', 'shop'] });
  expect(part.findings.map(({ object }) => [object.kind, object.database])).toEqual([
    ['database', 'shop'],
    ['session', 'd'],
  ]);
  const since = whole.findings.find(({ object }) => object.database === 'd')?.since;
  expect(part.findings[1]).toMatchObject({ since });
  expect(part.notJudged.map(({ check }) => check)).toEqual([
    'connection-headroom',
    'pool-maxima',
    'statements-recorded',
    'own-pools',
  ]);
  expect(JSON.stringify(part)).not.toMatch(/books|\b9[05] of\b/);
  expect(keeper.current()).toBe(whole);
});
