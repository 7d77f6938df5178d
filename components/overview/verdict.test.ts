import { expect, test } from 'vitest';
import type { Finding } from '@/lib/checks/check';
import type { FindingsAnswer } from '@/lib/client/shapes';
import { alike, checksSentence, countStates, inOrder, proofOf, remedyWords, unjudged, verdictTitle } from './verdict';

const finding = (severity: 'critical' | 'warning', title: string, changes: Partial<Finding> = {}): Finding => ({
  id: title,
  check: 'check',
  key: title,
  severity,
  title,
  detail: '',
  evidence: [],
  confidence: 'high',
  object: { kind: 'server', database: null, schema: null, name: null },
  since: '2026-11-21T03:06:31.000Z',
  ...changes,
});
const answer = (changes: Partial<FindingsAnswer>): FindingsAnswer => ({
  verdict: 'ok',
  findings: [],
  notJudged: [],
  ok: [],
  judgedAt: null,
  ...changes,
});

test('the title says how bad it is and what the worst is about', () => {
  expect(verdictTitle(answer({ findings: [finding('critical', '11 sessions wait behind session 4711.')] }))).toBe(
    'One thing is critical: 11 sessions wait behind session 4711',
  );
  expect(
    verdictTitle(
      answer({ findings: [finding('warning', 'Index a is invalid.'), finding('warning', 'Index b is invalid.')] }),
    ),
  ).toBe('Two things need attention: index a is invalid');
});

test('what cannot be judged is never called well', () => {
  const unknown = answer({ notJudged: [{ check: 'c', title: 'Statement statistics', because: 'no extension' }] });
  expect(verdictTitle(unknown)).toBe('Nothing is wrong, as far as can be judged: one check is unknown');
  expect(countStates(unknown)).toEqual({ critical: 0, warning: 0, unknown: 1, ok: 0 });
  expect(checksSentence(unknown).replaceAll('\u00a0', ' ')).toBe('1 check');
});

test('nothing found and everything seen is well', () => {
  expect(verdictTitle(answer({}))).toBe('All is well');
});

test('findings keep their places from one judgement to the next', () => {
  const young = finding('warning', 'b', { since: '2026-11-21T03:10:00.000Z' });
  const old = finding('warning', 'a');
  const worst = finding('critical', 'c', { check: 'other' });
  const places = inOrder(answer({ findings: [young, old, worst] })).findings;
  expect(places.map(({ title }) => title)).toEqual(['c', 'a', 'b']);
  expect(inOrder(answer({ findings: [old, worst, young] })).findings).toEqual(places);
  expect(alike(places).map(({ key, findings }) => [key, findings.length])).toEqual([
    ['other.critical', 1],
    ['check.warning', 2],
  ]);
});

test('checks that could not judge for one reason are one row', () => {
  const because = 'The server does not answer.';
  const rows = unjudged(
    answer({
      notJudged: [
        { check: 'a', title: 'Connection headroom', because },
        { check: 'b', title: 'Planner statistics', because },
        { check: 'c', title: 'Statements recorded', because: 'No extension.', fixSql: 'create extension x;' },
      ],
    }),
  );
  expect(rows.map(({ title }) => title)).toEqual([
    'Connection headroom and planner statistics cannot be judged.',
    'Statements recorded cannot be judged.',
  ]);
  expect(rows[1]?.fixSql).toBe('create extension x;');
  expect(rows[1]?.remedy).toBeUndefined();
});

test('what keeps a check from judging can be mended by an action, too', () => {
  const target = { kind: 'extension' as const, database: 'shop', name: 'pg_stat_statements' };
  const remedy = { action: 'create-extension', target };
  const [row] = unjudged(
    answer({ notJudged: [{ check: 'c', title: 'Statements', because: 'No extension.', remedy }] }),
  );
  expect(row && remedyWords(row, new Map([['create-extension', 'Create extension']]))).toBe(
    'Create extension: pg_stat_statements…',
  );
});

test('a finding leads to the rows that prove it, and its remedy is named', () => {
  const stale = finding('warning', 'x', {
    check: 'stale-statistics',
    object: { kind: 'table', database: 'shop', schema: 'public', name: 'orders' },
    remedy: { action: 'analyze', target: { kind: 'relation', database: 'shop', oid: 1 } },
  });
  expect(proofOf('demo', stale)).toEqual({ href: '/demo/tables?database=shop&filter=orders', label: 'Open tables' });
  expect(remedyWords(stale)).toBe('Analyze orders…');
  const blocked = finding('critical', 'y', {
    check: 'sessions-blocked',
    object: { kind: 'session', database: 'shop', schema: null, name: '4711' },
    remedy: { action: 'terminate', target: { kind: 'backend', pid: 4711, backend_start_us: '1' } },
  });
  expect(proofOf('demo', blocked)).toEqual({ href: '/demo/locks', label: 'Open blocking tree' });
  expect(remedyWords(blocked)).toBe('Terminate session 4711…');
  const slot = finding('warning', 'v', {
    object: { kind: 'server', database: null, schema: null, name: 'standby1' },
    remedy: { action: 'drop-slot', target: { kind: 'slot', name: 'standby1' } },
  });
  expect(remedyWords(slot, new Map([['drop-slot', 'Drop replication slot']]))).toBe('Drop replication slot: standby1…');
  expect(remedyWords(slot)).toBe('Preview the remedy…');
  expect(proofOf('demo', finding('warning', 'z', { check: 'unheard-of' }))).toBeUndefined();
});
