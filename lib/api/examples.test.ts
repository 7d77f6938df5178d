import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { checked, noParameters } from '@/lib/access/input';
import { findTopic } from '@/lib/topics/index';
import type { AnyContract } from './contract';
import { contracts } from './index';

const root = resolve(import.meta.dirname, '../..');
const manual = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))];
const examples = manual
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/https?:\/\/[\w.:-]+(\/(?:api\/|metrics)[^\s'"`)]*)/g)].map(
      ([, path = '']) => ({ file, path }),
    ),
  );

/** Whose path it is: one with words in place of names wins. */
function contractFor(pathname: string): AnyContract | undefined {
  const fits = ({ path }: AnyContract) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname);
  const named = (path: string) => path.split('{').length;
  return Object.values<AnyContract>(contracts)
    .filter(fits)
    .sort((a, b) => named(a.path) - named(b.path))[0];
}

it('there are examples to look at', () => {
  expect(examples.length).toBeGreaterThan(30);
});

// Fails where the manual shows a parameter that is not there (any more): who copies it is refused.
it.each(examples)('$path in $file is taken', ({ path }) => {
  const { pathname, searchParams } = new URL(path, 'http://127.0.0.1');
  const contract = contractFor(pathname);
  if (!contract) throw new Error('no route has this path');
  const query = Object.fromEntries(searchParams);
  checked((contract.query ?? noParameters) as z.ZodType, query, 'query');
  const own = contract === contracts.topic ? findTopic(pathname.split('/').at(-1) ?? '') : undefined;
  if (own) {
    const { database: _, at: __, fresh: ___, describe: ____, ...rest } = query;
    checked((own.params?.strict() ?? noParameters) as z.ZodType, rest, 'query');
  }
});
