import AxeBuilder from '@axe-core/playwright';
import type { APIRequestContext, Page } from '@playwright/test';
import { expect } from './fixtures/test';

/** What axe finds on a page, each with where; empty when nothing is wrong. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Colours that are still on their way, as of a button that is on now, are nobody's contrast.
  await page.evaluate(() => {
    const moving = document.getAnimations().filter((each) => each instanceof CSSTransition);
    return Promise.all(moving.map(({ finished }) => finished.catch(() => {})));
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`));
}

/** Expects a page to be sound: axe finds nothing, in light and dark, wide and at 320 px, where nothing scrolls sideways. */
export async function expectSound(page: Page): Promise<void> {
  for (const width of [1280, 320])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
      expect(await axeFindings(page), `${colorScheme} at ${width} px`).toEqual([]);
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(over, `scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
    }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The pid of a client's session. */
export async function pidOf(client: { query(text: string): Promise<{ rows: { pid: number }[] }> }): Promise<number> {
  return (await client.query('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
}

/**
 * Asks topics anew as often as pgdeck lets somebody (every five seconds; it refuses the rest) until the returned function
 * is called: on a busy machine questions take long, and pgdeck asks a question that takes long up to a minute later, which
 * no test waits for.
 */
export function keepFresh(request: APIRequestContext, server: string, topics: string[]): () => void {
  const ask = () => {
    for (const topic of topics) request.get(`/api/servers/${server}/${topic}?fresh=1`).catch(() => {});
  };
  ask();
  const timer = setInterval(ask, 1000);
  return () => clearInterval(timer);
}
