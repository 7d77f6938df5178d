import { describe, expect, it } from 'vitest';
import { isWeight, parseWeights, printWeights, sizePools } from './sizing';
import type { Service } from './slots';

const service = (name: string, changes: Partial<Service> = {}) =>
  ({
    kind: 'application',
    name,
    through_pgbouncer: false,
    instances: 2,
    instances_from: 'configuration',
    pool_max: 10,
    sessions: 0,
    ...changes,
  }) as Service;

describe('the sizing rule', () => {
  it('is cores × 2 + spindles, parted by weight and by instances', () => {
    const { best, all, services } = sizePools([service('web'), service('jobs', { instances: 1 })], {
      cores: 8,
      spindles: 1,
      weights: { web: 3 },
    });
    expect(best).toBe(17);
    expect(services).toMatchObject([
      { name: 'web', weight: 3, share: 12.75, perInstance: 6, all: 12, poolMax: 10 },
      { name: 'jobs', weight: 1, share: 4.25, perInstance: 4, all: 4 },
    ]);
    expect(all).toBe(16);
  });

  it('gives each instance one at least, and nothing to who weighs nothing', () => {
    const input = { cores: 1, spindles: 1, weights: { idle: 0 } };
    const { best, all, services } = sizePools([service('many', { instances: 40 }), service('idle')], input);
    expect([best, all]).toEqual([3, 40]);
    expect(services[1]).toMatchObject({ share: 0, perInstance: 0, all: 0 });
    expect(sizePools([service('idle')], input).services[0]).toMatchObject({ share: 0, perInstance: 0 });
  });

  it("sizes PgBouncer's pools in place of those behind it", () => {
    const services = [
      service('behind', { through_pgbouncer: true }),
      service('shop', { kind: 'pgbouncer', instances: 3, instances_from: 'seen' }),
      service('pgdeck', { kind: 'pgdeck' }),
      service('psql', { kind: 'seen' }),
    ];
    expect(sizePools(services, { cores: 4, spindles: 1, weights: {} }).services).toMatchObject([
      { name: 'shop', perInstance: 3, all: 9, instancesFrom: 'seen' },
    ]);
  });

  it('sizes who is seen where nobody is configured, and says what it assumes', () => {
    const seen = Array.from({ length: 10 }, (_, at) =>
      service(`app ${at}`, { kind: 'seen', sessions: at, instances: null }),
    );
    const { services } = sizePools(seen, { cores: 16, spindles: 0, weights: {} });
    expect(services.map(({ name }) => name)).toEqual([9, 8, 7, 6, 5, 4, 3, 2].map((at) => `app ${at}`));
    expect(services[0]).toMatchObject({ instances: 1, instancesFrom: 'assumed', perInstance: 4 });
  });

  it('keeps weights in the address, whatever the names', () => {
    const weights = { 'shop:web, "a"': 3, é: 0.5 };
    expect(parseWeights(printWeights(weights))).toEqual(weights);
    for (const wrong of ['web', 'web:-1', 'web:x', ':3', 'web:1e9', '%E0%A4%A:1'])
      expect(parseWeights(wrong)).toBeNull();
    expect(parseWeights('')).toEqual({});
    expect([isWeight(0), isWeight(1000), isWeight(1001), isWeight(Number.NaN)]).toEqual([true, true, false, false]);
  });
});
