import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actions } from './index';

// docs/actions.md against the code: each action in order, with its words, confirmation, role, rights and locks.

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/actions.md'), 'utf8');
const all = Object.values(actions);
const source = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  .join('\n');

/** The part of the page below a heading, up to the next of the same or a higher level. */
function part(heading: string): string {
  const [, level = ''] = /^(#+)/.exec(heading) ?? [];
  const start = page.indexOf(`\n${heading}\n`);
  expect(start, heading).toBeGreaterThan(0);
  const from = page.slice(start + heading.length + 2);
  const end = from.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return end < 0 ? from : from.slice(0, end);
}

/** The rows of the tables of a text that begin with an id. */
const rowsOf = (text: string) => text.split('\n').filter((line) => line.startsWith('| `'));

describe('docs/actions.md', () => {
  it('lists every action with what it does, its confirmation, its role and its rights', () => {
    const listed = rowsOf(page.slice(0, page.indexOf('\n## ')));
    expect(listed).toEqual(
      all.map(
        ({ id, title, summary, confirm, role, rights }) =>
          `| \`${id}\` | ${title} | ${summary} | ${confirm} | ${role} | ${rights} |`,
      ),
    );
  });

  it('lists every lock, and which actions take none', () => {
    const text = part('## Locks');
    expect(rowsOf(text)).toEqual(
      all.flatMap(({ id, locks }) =>
        locks.map(({ object, mode, blocks }) => `| \`${id}\` | ${object} | ${mode} | ${blocks} |`),
      ),
    );
    const none = all.filter(({ locks }) => locks.length === 0).map(({ id }) => `\`${id}\``);
    expect(text).toContain(`No lock on a table: ${none.join(', ')}.`);
  });

  it('tells of every action what it is done to, what an end midway means, and whether a standby takes it', () => {
    expect(rowsOf(part('## Targets and ends'))).toEqual(
      all.map(({ id, targetKinds, ...action }) => {
        const [run, long, standby] =
          action.kind === 'work' ? [action.run, action.long, action.onStandby] : [action.kind, 'waits' in action, true];
        return `| \`${id}\` | ${targetKinds.join(', ')} | ${run} | ${long ? 'long' : 'short'} | ${standby ? 'yes' : 'no'} |`;
      }),
    );
  });

  it('tells of every action its statements, as the code sends them, and how it is taken back', () => {
    const told = rowsOf(part('## Statements and undo')).map((row) => row.split(' | '));
    expect(told.map(([id]) => id)).toEqual(all.map(({ id }) => `| \`${id}\``));
    for (const [index, { id }] of all.entries()) {
      const [, runs = '', back = ''] = told[index] ?? [];
      const words = runs.toLowerCase().match(/[a-z_]+/g) ?? [];
      for (const [, verb] of source.matchAll(new RegExp(`\\b([a-z]+) /\\* pgdeck:${id} \\*/`, 'g')))
        expect(words, id).toContain(verb);
      expect(back.length, id).toBeGreaterThan(3);
    }
  });

  it('names no action that is not there', () => {
    const ids = new Set<string>(all.map(({ id }) => id));
    const first = page.slice(0, page.indexOf('\n## Statuses'));
    for (const [, id = ''] of first.matchAll(/^\| `([a-z-]+)` \|/gm)) expect(ids.has(id), id).toBe(true);
    for (const [, id = ''] of page.matchAll(/\*\*`([a-z-]+)`/g)) expect(ids.has(id), id).toBe(true);
  });
});
