import { describe, expect, it } from 'vitest';
import { type BouncerPool, bouncerSentence, judgeBouncerPool, sizeText, waitingIn } from './pgbouncer-summary';

const pool = (changes: Partial<BouncerPool> = {}) =>
  ({
    database: 'shop',
    user: 'app_shop',
    cl_active: 10,
    cl_waiting: 0,
    sv_active: 3,
    sv_idle: 1,
    sv_used: 1,
    sv_tested: 0,
    sv_login: 0,
    maxwait_seconds: 0,
    pool_size: 10,
    reserve_pool_size: 0,
    paused: false,
    disabled: false,
    ...changes,
  }) as BouncerPool;

/** Words with plain spaces, as a reader reads them. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe("PgBouncer's pools", () => {
  it('are judged', () => {
    expect(judgeBouncerPool(pool()).word).toBe('Healthy');
    expect(judgeBouncerPool(pool({ sv_active: 8 })).word).toBe('Nearly full');
    expect(judgeBouncerPool(pool({ sv_active: 1, sv_idle: 9 })).word).toBe('Healthy');
    expect(judgeBouncerPool(pool({ pool_size: null, sv_active: 90 })).word).toBe('Healthy');
    const waits = judgeBouncerPool(pool({ cl_waiting: 2, maxwait_seconds: 3.2 }));
    expect(waits).toMatchObject({ state: 'warning', word: 'Clients wait' });
    expect(plain(waits.why)).toBe('2 clients wait for a server connection, the first for 3.2 s.');
    expect(judgeBouncerPool(pool({ cl_waiting: 2, paused: true })).word).toBe('Paused');
    // The reserve is open too: no more than it may have.
    const over = pool({ sv_active: 4, sv_idle: 0, sv_used: 0, pool_size: 3, reserve_pool_size: 1 });
    expect([sizeText(over), sizeText(pool({ reserve_pool_size: 1 }))]).toEqual(['3 + 1 reserve', '10']);
    expect(judgeBouncerPool(over).why).toContain('4 of 3 + 1 reserve server connections work');
    expect(judgeBouncerPool(pool({ disabled: true })).word).toBe('Disabled');
    expect(sizeText(pool({ pool_size: null }))).toBeNull();
  });

  it('are told in a sentence', () => {
    expect(bouncerSentence([])).toContain('No client has used it yet');
    expect(plain(bouncerSentence([pool()]))).toBe(
      '1 pool: 10 clients, none waits; 5 server connections, of which 3 work.',
    );
    const waiting = [pool({ cl_waiting: 44, maxwait_seconds: 3.2 }), pool({ database: 'crm', paused: true })];
    expect(plain(bouncerSentence(waiting))).toBe(
      '2 pools: 44 of 64 clients wait, the first for 3.2 s; 10 server connections, of which 6 work. crm is paused.',
    );
    expect(plain(bouncerSentence([pool({ cl_waiting: 1, maxwait_seconds: 0.041 })]))).toContain(
      'the first for 41.0 ms',
    );
    expect(waitingIn(waiting)).toEqual({ clients: 44, longestSeconds: 3.2 });
    expect(waitingIn([pool({ maxwait_seconds: 9 })])).toEqual({ clients: 0, longestSeconds: 0 });
  });
});
