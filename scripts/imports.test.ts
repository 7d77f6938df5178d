import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** What each room may import: `values` (and their types), `types` only, and packages that only it may use. */
const rooms: Record<string, { values: string[]; types?: string[] }> = {
  app: {
    values: [
      'components',
      'lib/client',
      'lib/read',
      'lib/read-history',
      'lib/read-cache',
      'lib/read-cost',
      'lib/read-findings',
      'lib/read-metrics',
      'lib/access',
      'lib/api',
      'lib/objects',
      'lib/performance',
      'lib/pgbouncer',
      'lib/audit',
      'lib/ddl',
      'lib/rights',
      'lib/runner',
      'lib/schedules',
      'lib/findings',
      'lib/history',
      'lib/runtime',
      'lib/metrics',
      'lib/actions',
      'lib/topics',
      'lib/postgres',
      'lib/format',
    ],
  },
  components: {
    values: ['lib/accent', 'lib/client', 'lib/format', 'lib/maxima'],
    types: [
      'lib/api',
      'lib/topics',
      'lib/checks',
      'lib/actions',
      'lib/ddl',
      'lib/findings',
      'lib/history',
      'lib/rights',
      'lib/schedules',
      'lib/config',
    ],
  },
  'lib/client': {
    values: ['lib/accent', 'lib/format'],
    types: [
      'lib/api',
      'lib/topics',
      'lib/checks',
      'lib/actions',
      'lib/config',
      'lib/ddl',
      'lib/history',
      'lib/rights',
      'lib/schedules',
    ],
  },
  // What routes take and give, told to `route()` and to whoever reads /api/openapi.json.
  'lib/api': {
    values: [
      'lib/access',
      'lib/actions',
      'lib/checks',
      'lib/config-settings',
      'lib/history',
      'lib/schedules',
      'lib/topics',
    ],
    types: ['lib/config-access'],
  },
  // Answers that are not sampled, kept for a while.
  'lib/cache': { values: ['lib/postgres'], types: ['lib/config-resources', 'lib/sampler', 'lib/topics'] },
  // What is asked only when somebody looks: tables, definitions, settings.
  'lib/objects': {
    values: ['lib/access', 'lib/cache', 'lib/postgres', 'lib/runtime', 'lib/sampler', 'lib/topics'],
    types: ['lib/api', 'lib/runner'],
  },
  'lib/performance': {
    values: ['lib/access', 'lib/format', 'lib/identifier', 'lib/metrics', 'lib/objects', 'lib/read', 'lib/topics'],
  },
  'lib/read-cache': { values: ['lib/access', 'lib/cache', 'lib/metrics', 'lib/runtime'] },
  // The admin console of a PgBouncer.
  'lib/pgbouncer': { values: ['lib/postgres', 'lib/topics'], types: ['lib/config'] },
  'lib/read': {
    values: ['lib/access', 'lib/api', 'lib/runtime', 'lib/topics', 'lib/sampler', 'lib/history'],
    types: ['lib/client'],
  },
  'lib/read-cost': { values: ['lib/runtime', 'lib/read', 'lib/read-history', 'lib/history'], types: ['lib/access'] },
  'lib/read-metrics': {
    values: ['lib/access', 'lib/metrics', 'lib/read-findings', 'lib/runtime', 'lib/topics'],
  },
  'lib/read-findings': { values: ['lib/access', 'lib/runtime', 'lib/read', 'lib/findings'], types: ['lib/topics'] },
  'lib/read-history': { values: ['lib/access', 'lib/runtime', 'lib/read', 'lib/topics', 'lib/history'] },
  'lib/runtime': {
    values: [],
    types: [
      'lib/audit',
      'lib/cache',
      'lib/config',
      'lib/findings',
      'lib/history',
      'lib/postgres',
      'lib/runner',
      'lib/sampler',
      'lib/schedules',
      'lib/servers',
    ],
  },
  // What a portal chooses of the look is judged here and shown by the browser.
  'lib/accent': { values: [] },
  'lib/access': {
    values: [
      'lib/accent',
      'lib/config-access',
      'lib/config-early',
      'lib/config-people',
      'lib/masking',
      'lib/metrics',
      'lib/nearest',
      'lib/postgres',
      'lib/runtime',
    ],
    types: ['lib/api', 'lib/actions', 'lib/audit', 'lib/client', 'lib/config', 'lib/history', 'lib/topics'],
  },
  'lib/runner': {
    values: [
      'lib/access',
      'lib/actions',
      'lib/audit',
      'lib/masking',
      'lib/pgbouncer',
      'lib/postgres',
      'lib/sampler',
      'lib/metrics',
      'lib/format',
      'lib/runtime',
      'lib/topics',
      'lib/history',
      'lib/read-history',
      'lib/identifier',
    ],
    types: ['lib/api', 'lib/config'],
  },
  'lib/ddl': {
    values: ['lib/access', 'lib/format', 'lib/identifier', 'lib/postgres', 'lib/runner', 'lib/runtime'],
    types: ['lib/api', 'lib/actions'],
  },
  'lib/audit': { values: ['lib/metrics'], types: ['lib/actions', 'lib/history'] },
  'lib/schedules': {
    values: [
      'lib/access',
      'lib/actions',
      'lib/audit',
      'lib/format',
      'lib/masking',
      'lib/metrics',
      'lib/postgres',
      'lib/runtime',
    ],
    types: ['lib/api', 'lib/config', 'lib/history', 'lib/runner'],
  },
  // What belongs to one watched server, and the list of them while pgdeck runs.
  'lib/servers': {
    values: [
      'lib/cache',
      'lib/config-file',
      'lib/config-warnings',
      'lib/findings',
      'lib/metrics',
      'lib/postgres',
      'lib/runner',
      'lib/sampler',
      'lib/topics',
    ],
    types: ['lib/audit', 'lib/config', 'lib/config-early', 'lib/runtime'],
  },
  'lib/rights': { values: ['lib/identifier', 'lib/postgres'], types: ['lib/api', 'lib/runtime'] },
  'lib/findings': { values: ['lib/checks', 'lib/history', 'lib/metrics'], types: ['lib/config', 'lib/topics'] },
  'lib/sampler': { values: ['lib/history', 'lib/masking', 'lib/pgbouncer', 'lib/postgres', 'lib/topics'] },
  'lib/history': {
    values: ['lib/identifier', 'lib/masking', 'lib/postgres', 'lib/topics', 'lib/metrics'],
    types: ['lib/config'],
  },
  'lib/postgres': {
    values: ['lib/identifier', 'lib/topics', 'lib/metrics', 'lib/config-early', 'lib/config-resources'],
    types: ['lib/config'],
  },
  'lib/topics': { values: ['lib/format', 'lib/identifier'] },
  'lib/checks': {
    values: ['lib/actions', 'lib/format', 'lib/identifier', 'lib/maxima', 'lib/topics'],
    types: ['lib/config'],
  },
  'lib/actions': { values: ['lib/format', 'lib/identifier'], types: ['lib/topics'] },
  // A leaf for all who show or keep texts: what stands in statements and messages of the server.
  'lib/masking': { values: [] },
  'lib/metrics': { values: ['lib/masking'], types: ['lib/postgres', 'lib/sampler', 'lib/topics'] },
  'lib/config': {
    values: [
      'lib/config-access',
      'lib/config-early',
      'lib/config-file',
      'lib/config-numbers',
      'lib/config-resources',
      'lib/config-settings',
      'lib/config-warnings',
      'lib/postgres',
    ],
  },
  'lib/config-file': {
    values: [
      'lib/config-early',
      'lib/config-file-shape',
      'lib/config-file-text',
      'lib/config-file-words',
      'lib/postgres',
    ],
    types: ['lib/config'],
  },
  'lib/config-file-shape': { values: ['lib/config-access'] },
  'lib/config-file-text': { values: [] },
  'lib/config-file-words': { values: ['lib/config-file-text', 'lib/nearest'], types: ['lib/config-file-shape'] },
  'lib/nearest': { values: [] },
  'lib/config-numbers': { values: ['lib/config-early'] },
  'lib/config-resources': { values: ['lib/config-early', 'lib/config-numbers'] },
  'lib/config-warnings': { values: ['lib/config-access', 'lib/config-early'] },
  'lib/config-access': { values: ['lib/config-early', 'lib/config-people', 'lib/config-words'] },
  'lib/config-words': { values: ['lib/config-early'] },
  'lib/config-people': { values: ['lib/config-early'] },
  'lib/config-early': { values: [] },
  'lib/config-settings': { values: [] },
  'lib/format': { values: [] },
  // What all pools may open together: judged by a check and shown by the browser.
  'lib/maxima': { values: [], types: ['lib/topics'] },
  'lib/identifier': { values: ['lib/key-words'] },
  'lib/key-words': { values: [] },
  'lib/embedded': { values: [] },
  demo: { values: ['lib/actions', 'lib/embedded', 'lib/format'], types: ['lib/config'] },
  // What starts pgdeck: the launcher and the doctor before Next, the instrumentation within it.
  bin: {
    values: [
      'demo',
      'lib/access',
      'lib/audit',
      'lib/config',
      'lib/config-access',
      'lib/config-early',
      'lib/config-file',
      'lib/config-people',
      'lib/config-warnings',
      'lib/embedded',
      'lib/format',
      'lib/history',
      'lib/metrics',
      'lib/postgres',
      'lib/runtime',
      'lib/identifier',
      'lib/topics',
    ],
  },
  instrumentation: { values: ['instrumentation-node'] },
  'instrumentation-node': {
    values: [
      'lib/audit',
      'lib/cache',
      'lib/config',
      'lib/config-early',
      'lib/history',
      'lib/metrics',
      'lib/runner',
      'lib/runtime',
      'lib/schedules',
      'lib/servers',
    ],
  },
  // Which portals may show a page in a frame is asked for at each page.
  proxy: { values: ['lib/client', 'lib/runtime'] },
  bench: {
    values: [
      'bin',
      'lib/embedded',
      'lib/postgres',
      'lib/sampler',
      'lib/topics',
      'lib/config',
      'lib/format',
      'lib/history',
      'lib/read',
      'lib/runtime',
      'demo',
    ],
  },
};

/** Packages that touch the watched server or run code on it: only these rooms may use them. */
const guarded: Record<string, string[]> = {
  pg: ['lib/postgres', 'lib/pgbouncer', 'demo', 'bench'],
  // lib/client keeps the address of a page, which Next's hook tells.
  next: ['app', 'bin', 'components', 'lib/client', 'proxy'],
};

type Import = { file: string; from: string; to: string; types: boolean };

function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return filesOf(path);
    // Tests and their stages may reach anywhere.
    return /\.(tsx?|mjs)$/.test(name) && !/\.test\.tsx?$|^test-/.test(name) ? [path] : [];
  });
}

function roomOf(path: string): string {
  const [top = '', second = ''] = path.split('/').map((part) => part.replace(/\.(tsx?|mjs)$/, ''));
  return top === 'lib' ? `lib/${second}` : top;
}

function importsOf(file: string, text = readFileSync(join(root, file), 'utf8')): Import[] {
  const from = roomOf(file);
  const named = [...text.matchAll(/^(?:import|export)\s+(type\s)?([^;'"]*?)\s*from\s+['"]([^'"]+)['"]/gm)];
  // For its effect alone, and while it runs.
  const whole = [...text.matchAll(/^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm)];
  return [
    ...named.map(([, type, names = '', to = '']) => {
      const inner = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
      const onlyTypes = inner?.split(',').every((name) => !name.trim() || name.trim().startsWith('type ')) ?? false;
      return { file, from, to, types: type !== undefined || onlyTypes };
    }),
    ...whole.map(([, effect, running]) => ({ file, from, to: effect ?? running ?? '', types: false })),
  ];
}

const tops = readdirSync(root).filter((name) => /^(proxy|instrumentation.*)\.ts$/.test(name));
const all = [...tops, ...['app', 'bin', 'components', 'lib', 'demo', 'bench'].flatMap(filesOf)].flatMap((file) =>
  importsOf(file),
);
const inside = ({ file, to }: Import) =>
  to.startsWith('@/') ? to.slice(2) : to.startsWith('.') ? normalize(join(dirname(file), to)) : undefined;

const misplaced = (imports: Import[]) =>
  imports.flatMap((found) => {
    const path = inside(found);
    const target = path && roomOf(path);
    if (!target || target === found.from) return [];
    const allowed = rooms[found.from];
    const fine = allowed?.values.includes(target) || (found.types && allowed?.types?.includes(target));
    return fine ? [] : [`${found.file} must not import ${found.to}`];
  });

const unguarded = (imports: Import[]) =>
  imports.flatMap(({ file, from, to }) => {
    const allowed = guarded[to.split('/')[0] ?? ''];
    return allowed && !allowed.includes(from) ? [`${file} must not import ${to}`] : [];
  });

test('imports flow one way', () => {
  expect(misplaced(all)).toEqual([]);
});

test('only the rooms made for it use pg and next', () => {
  expect(unguarded(all)).toEqual([]);
});

test('a wrong import is seen, a type where only values are wrong is not', () => {
  const wrong = { file: 'components/a.tsx', from: 'components', to: '@/lib/topics/index', types: false };
  expect(misplaced([wrong])).toHaveLength(1);
  expect(misplaced([{ ...wrong, types: true }])).toEqual([]);
  expect(unguarded([{ ...wrong, to: 'pg' }])).toHaveLength(1);
  expect(all.length).toBeGreaterThan(100);
});

test('every way to import is seen, in every place that runs', () => {
  const text = ["import './a.css';", "import '@/lib/topics/index';", "const pg = await import('pg');"].join('\n');
  const found = importsOf('components/a.tsx', text);
  expect(misplaced(found)).toEqual(['components/a.tsx must not import @/lib/topics/index']);
  expect(unguarded(found)).toEqual(['components/a.tsx must not import pg']);
  expect([...new Set(all.map(({ from }) => from))]).toEqual(
    expect.arrayContaining(['bin', 'instrumentation', 'instrumentation-node', 'proxy']),
  );
});
