import { defineConfig } from '@playwright/test';
import { findChromium } from './scripts/chromium.mjs';

const report = process.env.PGDECK_TEST_REPORT;

/** What mostly waits, for the minutes that the history is recorded by, for time-outs and ends, and needs little of the machine. */
const waiting = ['compare', 'cost', 'hang', 'instances', 'load', 'session-end'].map((name) => `**/${name}.spec.ts`);

// Each worker has a PostgreSQL server and a pgdeck of its own (e2e/fixtures). More that work are hardly quicker on two
// cores, and what has to be noticed in time is late then.
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/e2e',
  workers: 3,
  projects: [
    { name: 'pages', testIgnore: waiting, workers: 2 },
    { name: 'waiting', testMatch: waiting, workers: 1 },
  ],
  // A page shows by itself what it asks every few seconds: on a busy machine that takes longer. What pgdeck promises within
  // some seconds is measured by the tests of it.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: report ? [['list'], ['json', { outputFile: report }]] : [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath: findChromium(),
      args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    },
    viewport: { width: 1280, height: 800 },
    // What is still moving Playwright scrolls about, and a menu that hangs on a row then moves away below the pointer.
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    // Recording every test takes a seventh of the time; to look closely: npx playwright test --trace retain-on-failure
    trace: 'off',
  },
});
