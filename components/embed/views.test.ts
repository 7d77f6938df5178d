import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pages } from '../shell/pages';
import { views } from './views';

test('frames have every page of the menu, and the same ones as the deck', () => {
  expect(Object.keys(views).sort()).toEqual(pages.map(({ slug }) => slug).sort());
  const registry = readFileSync('components/embed/views.tsx', 'utf8');
  for (const { slug } of pages) {
    const file = `app/(deck)/[server]/${slug}/page.tsx`;
    expect(existsSync(file), file).toBe(true);
    const component = /import \{ (\w+Page) \} from '@\/components\/([\w-]+\/[\w-]+-page)';/.exec(
      readFileSync(file, 'utf8'),
    );
    expect(registry, slug).toContain(`import('../${component?.[2]}')`);
    expect(registry, slug).toContain(component?.[1]);
  }
});

test('T15: every link of a page stays in its frame', () => {
  const sources = ['components', 'lib/client'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  const own = new Set(['components/ui/link.tsx', 'lib/client/frame.ts']);
  const around = /from 'next\/link'|\busePathname\b|\buseRouter\b/;
  const found = sources.filter(
    (name) =>
      /\.tsx?$/.test(name) && !name.includes('.test.') && !own.has(name) && around.test(readFileSync(name, 'utf8')),
  );
  // What is left: these look at the path or change it without leaving for a page.
  expect(found.filter((name) => !name.startsWith('components/embed/')).sort()).toEqual([
    'components/access/use-doing.ts',
    'components/actions/action-provider.tsx',
  ]);
});
