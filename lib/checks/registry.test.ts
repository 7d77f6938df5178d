import { expect, test } from 'vitest';
import { checks } from './index';
import { gaveUp } from './test-given';

test.each(checks)('$id says that it cannot judge when it was not told anything, or was refused', (check) => {
  expect(gaveUp(check, {}).because).toMatch(/\.$/);
  const refused = Object.fromEntries(
    check.topics.map((topic) => [topic, { unavailable: 'No.', fixSql: 'grant pg_monitor to watcher;' }]),
  );
  expect(gaveUp(check, refused)).toEqual({ because: 'No.', fixSql: 'grant pg_monitor to watcher;' });
});
