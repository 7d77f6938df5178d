import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '@/lib/actions/protocol';
import { auditLines, auditSentence, entryKey, membersOf, statusWords, tookWords } from './entries';
import { askOf, exportHref, isFiltered, noFilters } from './filters';

let seq = 100;

function entry(event: string, change: Partial<AuditEntry> = {}): AuditEntry {
  seq--;
  return {
    ts: '2026-11-21T02:00:00.000Z',
    seq,
    event,
    server: 'demo',
    runId: 'run-1',
    user: { name: 'local', role: 'admin', mode: 'local' },
    action: 'terminate',
    title: 'Terminate session 4711?',
    target: {
      kind: 'backend',
      pid: 4711,
      members: [{ pid: 4711, title: 'app_billing in shop · billing-api · idle in transaction for 14 min 9 s' }],
    },
    role: 'pgdeck_action',
    sql: ['select /* pgdeck:terminate */ a.pid'],
    ...change,
  };
}

const result = (status: string, change: object = {}) => ({
  status,
  message: 'Session 4711 is terminated.',
  verified: true,
  ms: 41,
  warnings: [],
  ...change,
});

describe('lines of the audit', () => {
  it('show a run once, with its result', () => {
    const lines = auditLines([
      entry('result', { result: result('done') }),
      entry('intent'),
      entry('intent', { runId: 'run-0' }),
    ]);
    expect(lines.map(({ word, mark, what }) => [word, mark, what])).toEqual([
      ['Done', 'ok', 'Terminate session 4711'],
      ['Begun', 'unknown', 'Terminate session 4711'],
    ]);
    expect(lines[0]?.sentence).toBe('Session 4711 is terminated.');
    expect(lines[0]?.target).toContain('app_billing in shop');
  });

  it('name relations, many sessions and other events', () => {
    const [relation, bulk, recovered, other] = auditLines([
      entry('result', {
        action: 'analyze',
        title: 'Analyze public.orders?',
        target: { kind: 'relation', database: 'shop', oid: 1, name: 'public.orders' },
        result: result('nothing_done', { verified: false, ms: 65_000 }),
      }),
      entry('result', {
        runId: 'run-2',
        target: {
          members: [
            { pid: 1, title: 'one' },
            { pid: 2, title: 'two' },
          ],
        },
        result: result('failed', { members: [{ pid: 2, status: 'failed', message: 'gone' }], verified: null }),
      }),
      entry('recovered', {
        title: undefined,
        action: undefined,
        target: undefined,
        message: 'A new file was begun.',
      } as never),
      entry('something_new', { title: undefined, action: undefined, target: undefined } as never),
    ]);
    expect(relation).toMatchObject({ target: 'public.orders in shop', mark: 'warning', word: 'Nothing done' });
    expect(tookWords(relation?.entry as AuditEntry)).toBe('1\u00a0min\u00a05\u00a0s, not verified');
    expect(bulk).toMatchObject({ target: '2 sessions', mark: 'critical' });
    expect(membersOf(bulk?.entry as AuditEntry).map((member) => member.result?.message)).toEqual([undefined, 'gone']);
    expect(recovered).toMatchObject({ what: 'Audit file', sentence: 'A new file was begun.', target: undefined });
    expect(other).toMatchObject({ what: 'Something new', word: 'Something new' });
    expect(statusWords('something')).toEqual({ mark: 'unknown', word: 'something' });
  });

  it('tell what was refused, which is neither failed nor without an end', () => {
    const lines = auditLines([entry('denied', { message: 'Type 4711 to confirm. Nothing was done.' })]);
    expect(lines[0]).toMatchObject({
      mark: 'warning',
      word: 'Refused',
      what: 'Terminate session 4711',
      sentence: 'Type 4711 to confirm. Nothing was done.',
    });
    expect(auditSentence(lines, {})).toContain('none failed');
  });

  it('tell who signed in, failed to and signed out', () => {
    const signIn = { title: undefined, action: undefined, target: undefined, server: undefined, runId: undefined };
    const lines = auditLines(
      ['login_ok', 'login_fail', 'logout'].map((event) => entry(event, { ...signIn, message: 'Said.' } as never)),
    );
    expect(lines.map(({ what, word, mark, sentence }) => [what, word, mark, sentence])).toEqual([
      ['Sign-in', 'Signed in', 'ok', 'Said.'],
      ['Sign-in', 'Refused', 'warning', 'Said.'],
      ['Sign-out', 'Signed out', 'ok', 'Said.'],
    ]);
  });

  it('do not say that nothing was done to who does not see all', () => {
    for (const filtered of [false, true]) {
      expect(auditSentence([], { filtered, ownOnly: true })).not.toContain('Nothing was done');
      expect(auditSentence([], { filtered, ownOnly: true })).toContain('You see what you did yourself');
    }
    const lines = auditLines([entry('result', { result: result('done') })]);
    expect(auditSentence(lines, { ownOnly: true })).toContain('You see what you did yourself');
    expect(auditSentence(lines, {})).not.toContain('You see');
  });

  it('are summed up', () => {
    const lines = auditLines([entry('result', { result: result('done') }), entry('intent', { runId: 'run-9' })]);
    expect(auditSentence([], {})).toContain('Nothing was done');
    expect(auditSentence(lines, {})).toContain('2 entries; 1 has no known end.');
    expect(auditSentence(lines.slice(0, 1), { more: true })).toContain('The newest 1 entry');
    expect(auditSentence([], { filtered: true })).toBe('No entry matches the filters.');
    expect(auditSentence(lines, { filtered: true })).toContain('2 entries of the filters');
  });
});

describe('the filters', () => {
  it('are asked of the server as days of the reader’s clock, the last one included', () => {
    const filters = { ...noFilters, user: 'ann', since: '2026-11-20', until: '2026-11-21', search: ' run ' };
    expect(askOf('demo', filters)).toEqual({
      server: 'demo',
      user: 'ann',
      from: new Date(2026, 10, 20).toISOString(),
      to: new Date(2026, 10, 22).toISOString(),
      search: 'run',
    });
    expect(askOf('demo', { ...noFilters, since: 'yesterday', until: '2026-02-31x' })).toEqual({ server: 'demo' });
    expect(askOf('demo', { ...noFilters, about: 'none' })).toEqual({ server: '-' });
    expect(isFiltered(noFilters)).toBe(false);
    expect(isFiltered(filters)).toBe(true);
  });

  it('lead to the same entries as a file', () => {
    const href = exportHref({ server: 'demo', status: 'failed', search: 'a&b' }, 'csv');
    expect(href).toBe('/api/audit/export?server=demo&status=failed&search=a%26b&format=csv');
  });

  it('tell entries of several instances apart', () => {
    expect(entryKey(entry('result', { seq: 7 }))).toBe('7');
    expect(entryKey(entry('result', { seq: 7, instance: 'deck-b' }))).toBe('deck-b:7');
  });
});
