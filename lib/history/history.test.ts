import { expect, test } from 'vitest';
import { History } from './history';

// Fails where History tells of each notice in the changes of every server.
test('T12: what names one server is told in the changes of that one, what names none in all', async () => {
  const config = {
    kind: 'off',
    url: undefined,
    rawDays: 2,
    minuteDays: 14,
    hourDays: 400,
    maxBytes: 1e9,
    literals: false,
  } as const;
  const history = new History(config, { kind: 'off', notices: [{ at: 1, text: 'It was moved aside.' }] });
  const titles = async (server: string) => {
    const { events } = await history.of(server).changes.read({ from: 0, to: 8e9, limit: 100 });
    return events.map(({ title }) => title).sort();
  };
  for (const server of ['shop', 'vault']) history.of(server);
  history.store.notice('Ten seconds of vault could not be stored.', 'vault');
  expect(await titles('vault')).toEqual(['It was moved aside.', 'Ten seconds of vault could not be stored.']);
  expect(await titles('shop')).toEqual(['It was moved aside.']);
});
