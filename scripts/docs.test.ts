import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ZodObject } from 'zod';
import { actions } from '@/lib/actions/index';
import type { AnyContract } from '@/lib/api/contract';
import { contracts } from '@/lib/api/index';
import { checks } from '@/lib/checks/index';
import { settings } from '@/lib/config';
import { topics } from '@/lib/topics/index';
import type { AnyTopic } from '@/lib/topics/topic';

// The pages for users against the code that they describe: a list on one side only is a failure. docs/settings.md is held by lib/config.test.ts.

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const filesBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`);
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('docs').filter((f) => f.endsWith('.md'))];

const plain = (cell: string | undefined) => cell?.replaceAll('`', '');

test('docs/topics.md has a row for each topic, as the code has it', () => {
  const page = read('docs/topics.md');
  const first = page.slice(0, page.indexOf('\n## '));
  const listed = first.split('\n').filter((line) => line.startsWith('| `'));
  const wanted = (Object.values(topics) as AnyTopic[]).map(
    ({ id, title, summary, scope, cadenceSeconds, sources }) =>
      `| \`${id}\` | ${title} | ${summary} | ${scope} | ${cadenceSeconds} s | ${sources.join(', ')} |`,
  );
  expect(listed).toEqual(wanted);
});

test('docs/checks.md has a part for each check, in order, with its topics and the limits it goes by', () => {
  const page = read('docs/checks.md');
  const parts = [...page.matchAll(/^## (.+)\n\n`([^`]+)` · looks at (.+)$/gm)].map(([, title, id, of]) => ({
    id,
    title,
    topics: plain(of)?.split(', '),
  }));
  expect(parts).toEqual(checks.map(({ id, title, topics: of }) => ({ id, title, topics: of })));
  for (const { name } of settings.filter((each) => each.name.startsWith('PGDECK_LIMIT_')))
    expect(page).toContain(`\`${name}\``);
});

test('docs/actions.md has a row for each action with its confirmation', () => {
  const page = read('docs/actions.md');
  const first = page.slice(0, page.indexOf('\n## '));
  const listed = [...first.matchAll(/^\| `([^`]+)` \| ([^|]+) \| [^|]+ \| ([^|]+) \|/gm)].map(
    ([, id, title, confirm]) => ({ id, title, confirm }),
  );
  expect(listed).toEqual(Object.values(actions).map(({ id, title, confirm }) => ({ id, title, confirm })));
});

/** The routes of the API as `METHOD /path/:parameter`; the one that catches the rest answers 404. */
function routes(): string[] {
  return [...filesBelow('app/api'), 'app/metrics/route.ts']
    .filter((file) => file.endsWith('/route.ts') && !file.includes('[...'))
    .flatMap((file) => {
      const path = dirname(file)
        .slice('app'.length)
        .replace(/\[(\w+)\]/g, ':$1');
      return [...read(file).matchAll(/^export const (\w+) = route\(/gm)].map(([, method]) => `${method} ${path}`);
    })
    .sort();
}

describe('docs/api.md', () => {
  const page = read('docs/api.md');

  test('has a heading for each route, and no other', () => {
    const listed = [...page.matchAll(/^### `([A-Z]+ \/[^`]*)`$/gm)].map(([, heading]) => heading);
    expect([...listed].sort()).toEqual(routes());
  });

  // A line of a shell with what it sends, from an example that somebody copies.
  const commands = (section: string) =>
    [...section.replaceAll('\\\n', ' ').matchAll(/^curl .*$/gm)].map(([line]) => {
      const address = /http:\/\/127\.0\.0\.1:8432(\/[^\s']*)/.exec(line)?.[1] ?? '';
      const body = / -d '([^']*)'/.exec(line)?.[1];
      const method = / -X ([A-Z]+)/.exec(line)?.[1] ?? (body === undefined ? 'GET' : 'POST');
      return { line, method, url: new URL(address, 'http://127.0.0.1:8432'), body };
    });

  test.each(Object.entries<AnyContract>(contracts))('has an example of %s that its contract takes', (_, contract) => {
    const { method, path, query, body } = contract;
    const heading = `### \`${method} ${path.replace(/\{(\w+)\}/g, ':$1')}\`\n`;
    const section = page.slice(page.indexOf(heading) + heading.length).split(/^##/m, 1)[0] ?? '';
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
    const fitting = commands(section).filter((each) => each.method === method && pattern.test(each.url.pathname));
    expect(fitting.length, `examples of ${heading}`).toBeGreaterThan(0);
    for (const { line, url, body: sent } of fitting) {
      const given = Object.fromEntries(url.searchParams);
      const known = Object.keys((query as ZodObject | undefined)?.shape ?? {});
      for (const name of Object.keys(given)) expect(known, line).toContain(name);
      if (query) expect(query.safeParse(given).error?.issues ?? [], line).toEqual([]);
      if (body)
        expect(body.safeParse(sent === undefined ? undefined : JSON.parse(sent)).error?.issues ?? [], line).toEqual([]);
      if (method !== 'GET') expect(line, 'says where it comes from').toMatch(/origin: http:\/\/127/i);
    }
  });

  test('names only paths that are there', () => {
    const known = routes().map((route) => new RegExp(`^${route.split(' ')[1]?.replace(/:\w+/g, '[^/]+')}$`));
    for (const [path] of page.matchAll(/\/api\/[\w:/-]+(?:\.json\b)?/g))
      expect(
        known.some((pattern) => pattern.test(path)),
        path,
      ).toBe(true);
  });
});

/** All text of the sources that people are told something by. */
const sources = ['lib', 'bin', 'demo']
  .flatMap(filesBelow)
  .filter((file) => /\.m?[jt]s$/.test(file) && !/\.test\.ts$/.test(file))
  .map(read)
  .join('\n');

describe('docs/troubleshooting.md', () => {
  const page = read('docs/troubleshooting.md');
  const quoted = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| It says'))
    .map((line) => line.slice(2, line.indexOf(' | ')));

  test('quotes only what pgdeck says', () => {
    expect(quoted.length).toBeGreaterThan(40);
    for (const sentence of quoted)
      for (const part of sentence.split('…').map((text) => text.replace(/^[\s,;:]+|[\s,;:]+$/g, '')))
        expect(
          [part, part.replaceAll("'", '’')].some((text) => sources.includes(text)),
          `"${part}" of "${sentence}"`,
        ).toBe(true);
  });

  test('has every sentence about a connection', () => {
    const errors = read('lib/postgres/errors.ts');
    const said = [
      ...errors.matchAll(/sentence:\s+(['"])(.+?)\1,\n/g),
      ...errors.matchAll(/^ {2}[A-Z_]+: \[\s*(['"])(.+?)\1,/gm),
    ].map(([, , sentence]) => sentence);
    expect(said.length).toBeGreaterThan(25);
    for (const sentence of said) expect(page, sentence).toContain(`| ${sentence} |`);
  });
});

/** The address that a heading gets on a rendered page. */
const anchor = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

describe.each(pages)('%s', (page) => {
  const text = read(page);

  test('links to and shows what is there', () => {
    for (const [, target = ''] of text.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', fragment] = target.split('#');
      const file = path ? join(dirname(page), path) : page;
      expect(existsSync(join(root, file)), `${target} of ${page}`).toBe(true);
      if (fragment === undefined) continue;
      const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));
      expect(headings, `${target} of ${page}`).toContain(fragment);
    }
  });

  test('names no folder of one machine', () => {
    const folders =
      /(?<![\w.:/~%@\]-])\/(?!api\b|oauth2\b|pgdeck\/|etc\/|var\/(?:lib|cache)\/pgdeck|var\/run\/postgresql|tmp\b)[a-z]+\/[\w./-]*/g;
    expect(text.match(folders) ?? []).toEqual([]);
  });
});
