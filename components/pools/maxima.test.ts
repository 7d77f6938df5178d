import { describe, expect, it } from 'vitest';
import { maximaOf } from '@/lib/maxima';
import { linesFor, maximaSentence } from './maxima';
import type { Service } from './slots';

const service = (name: string, slots_most: number, changes: Partial<Service> = {}) =>
  ({
    kind: 'application',
    name,
    slots_most,
    ceiling: 97,
    sessions: 5,
    instances: 2,
    most: slots_most,
    limit_of: null,
    limit_name: null,
    limit: null,
    limit_most: null,
    ...changes,
  }) as Service;
const pgdeck = service('pgdeck', 6, { kind: 'pgdeck' });

describe('the sum of maxima', () => {
  it('says how many are refused, and for whom nobody said', () => {
    const maxima = maximaOf([service('web', 134), pgdeck]);
    expect(maxima).toMatchObject({ most: 140, ceiling: 97, beyond: 43, configured: true });
    expect(maximaSentence(maxima)).toBe('140 of 97: if all pools fill, 43 clients are refused.');
    const seen = maximaOf([service('psql', 5, { kind: 'seen' }), pgdeck]);
    expect(seen.configured).toBe(false);
    expect(maximaSentence(seen)).toBe(
      '11 of 97: as far as is known, what all pools may open at most fits. Nobody said how large the pool of psql may become: what they have now is counted.',
    );
    expect(maximaSentence(maximaOf([service('web', 98)]))).toContain('1 client is refused');
  });

  it('counts pools of PgBouncer without a limit as not known, and never says that they fit', () => {
    const unlimited = service('shop', 12, { kind: 'pgbouncer', most: null });
    const maxima = maximaOf([unlimited, service('stock', 20, { kind: 'pgbouncer' }), pgdeck]);
    expect(maxima).toMatchObject({ most: 38, unknown: [], unlimited: [{ name: 'shop' }] });
    expect(maximaSentence(maxima)).toBe(
      "38 of 97: as far as is known, what all pools may open at most fits. PgBouncer's pools of shop have no limit that is known: what they have now is counted.",
    );
  });

  it('says which role or database may have fewer than its pools may open, once', () => {
    const role = { limit_of: 'role', limit_name: 'watcher', limit: 5, limit_most: 8 };
    const fits = { limit_of: 'database', limit_name: 'shop', limit: 50, limit_most: 20 };
    const maxima = maximaOf([service('web', 20, fits), service('a', 4, role), service('b', 4, role)]);
    expect(maxima.limited).toMatchObject([
      { of: 'role', name: 'watcher', limit: 5, most: 8, services: [{ name: 'a' }, { name: 'b' }] },
    ]);
    expect(maximaSentence(maxima).replaceAll('\u00a0', ' ')).toBe(
      '28 of 97: what all pools may open at most fits the server. Role watcher may have 5 connections, and its pools may open 8.',
    );
  });

  it('gives the lines that configure them, which are JSON', () => {
    const named = service('shop-web', 5, {
      kind: 'seen',
      application_name: 'shop-web',
      usename: null,
      datname: 'shop',
    });
    const byRole = service('a "b": {c}', 5, {
      kind: 'seen',
      application_name: null,
      usename: 'a "b": {c}',
      instances: null,
    });
    const lines = linesFor([named, byRole]);
    expect(lines.split('\n')[1]).toBe(
      '  { "name": "shop-web", "match": { "application_name": "shop-web" }, "poolMax": 3, "instances": 2 },',
    );
    expect(JSON.parse(`{${lines}}`)).toEqual({
      applications: [
        { name: 'shop-web', match: { application_name: 'shop-web' }, poolMax: 3, instances: 2 },
        { name: 'a "b": {c}', match: { usename: 'a "b": {c}' }, poolMax: 5, instances: 1 },
      ],
    });
  });
});
