import { gunzipSync, gzipSync } from 'node:zlib';
import { App } from './app';
import { startWatchedServer } from './watched-server';

/** Part (d): what a page's HTML names as scripts, in bytes. */
export type FirstLoad = { page: string; scripts: number; compressed: number; uncompressed: number };

/** Adds up the scripts that each page loads before anything is fetched lazily, as they are sent (gzip). */
export async function measureFirstLoad(root: string): Promise<FirstLoad[]> {
  const server = await startWatchedServer(50, 100);
  let app: App | undefined;
  try {
    app = await App.start(root, await server.newWatcher('pgdeck_pages'));
    const running = app;
    const sizes = new Map<string, { compressed: number; uncompressed: number }>();
    const sizeOf = async (path: string) => {
      let size = sizes.get(path);
      if (!size) {
        const { body, encoding } = await running.get(path);
        const plain = encoding === 'gzip' ? gunzipSync(body) : body;
        size = { compressed: encoding === 'gzip' ? body.length : gzipSync(plain).length, uncompressed: plain.length };
        sizes.set(path, size);
      }
      return size;
    };
    const htmlOf = async (path: string) => {
      const { body, encoding, status } = await running.get(path);
      if (status !== 200) throw new Error(`${path} answered ${status}`);
      return (encoding === 'gzip' ? gunzipSync(body) : body).toString();
    };
    const overview = await htmlOf('/default/overview');
    const pages = new Set(['/default/overview']);
    for (const [, path] of overview.matchAll(/href="(\/default\/[a-z-]+)/g)) if (path) pages.add(path);
    const loads: FirstLoad[] = [];
    for (const page of pages) {
      const html = page === '/default/overview' ? overview : await htmlOf(page);
      const scripts = new Set<string>();
      // A browser of today skips what is marked nomodule.
      for (const [tag, source] of html.matchAll(/<script\b[^>]*\bsrc="([^"]+)"[^>]*>/g))
        if (source && !/\bnomodule\b/i.test(tag)) scripts.add(source.replaceAll('&amp;', '&'));
      const all = await Promise.all([...scripts].map(sizeOf));
      loads.push({
        page: page.replace('/default/', ''),
        scripts: all.length,
        compressed: all.reduce((sum, { compressed }) => sum + compressed, 0),
        uncompressed: all.reduce((sum, { uncompressed }) => sum + uncompressed, 0),
      });
    }
    return loads.sort((a, b) => b.compressed - a.compressed);
  } finally {
    await app?.stop();
    await server.stop();
  }
}
