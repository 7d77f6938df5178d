import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from './test-catalogue';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { servers, deck, process } = catalogue();
const all = { ...servers, ...deck, ...process };

/** The metrics that an expression of PromQL reads; a histogram is read by its parts. */
function readBy(expression: string): string[] {
  const names = expression.match(/\b(?:pg|pgdeck|pgbouncer|process|nodejs)_\w+/g) ?? [];
  return names.map((name) => {
    const whole = name.replace(/_(?:bucket|sum|count)$/, '');
    return all[whole]?.type === 'histogram' ? whole : name;
  });
}

describe('docs/metrics.md', () => {
  const page = read('docs/metrics.md');
  const part = (title: string) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
  const listed = (title: string) =>
    part(title)
      .split('\n')
      .filter((line) => line.startsWith('| `'));

  it('lists each metric of the servers as the code has it, and whose name it is', () => {
    expect(listed('Of the servers')).toEqual(
      Object.entries(servers).map(
        ([name, { type, labels, help, from = '' }]) =>
          `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} | ${from} |`,
      ),
    );
  });

  it('lists each metric of pgdeck itself', () => {
    expect(listed('Of pgdeck itself')).toEqual(
      Object.entries(deck).map(
        ([name, { type, labels, help }]) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
      ),
    );
  });

  it('has alerts and sentences on metrics that there are', () => {
    const elsewhere = ['pg_locks_count', 'pgbouncer_exporter'];
    const prose = page.replace(/^\|.*$/gm, '').replace(/`[a-z_]+_\*`/g, '');
    const named = readBy(prose).filter((name) => !elsewhere.includes(name));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !(name in all))).toEqual([]);
  });
});

describe('docs/grafana/pgdeck.json', () => {
  const text = read('docs/grafana/pgdeck.json');
  type Panel = {
    title: string;
    type: string;
    targets?: { expr: string }[];
    gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
  };
  const { panels, templating } = JSON.parse(text) as {
    panels: Panel[];
    templating: { list: { name: string; query: unknown }[] };
  };
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('reads metrics that there are, of the chosen servers', () => {
    expect(expressions.length).toBeGreaterThan(20);
    for (const expression of expressions) {
      const names = readBy(expression);
      expect(names.length, expression).toBeGreaterThan(0);
      expect(
        names.filter((name) => !(name in all)),
        expression,
      ).toEqual([]);
      if (names.some((name) => all[name]?.labels.includes('server')))
        expect(expression, expression).toContain('server=~"$server"');
    }
  });

  it('reads labels that those metrics have', () => {
    for (const expression of expressions)
      for (const [, name = '', matchers = ''] of expression.matchAll(/(\w+)\{([^}]*)\}/g)) {
        const metric = all[readBy(name)[0] ?? ''];
        for (const [, label = ''] of matchers.matchAll(/(\w+)\s*[=!]/g))
          expect(metric?.labels, `${label} of ${expression}`).toContain(label);
      }
  });

  it('can be imported: a data source and servers to choose, panels that do not overlap', () => {
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'server']);
    expect(text).not.toMatch(/"uid": "(?!\$\{datasource\}|pgdeck")/);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x, title).toBeLessThan(24);
          expect(taken.has(`${x} ${y}`), title).toBe(false);
          taken.add(`${x} ${y}`);
        }
  });
});
