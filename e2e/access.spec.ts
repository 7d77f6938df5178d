import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

test('the page Access tells what pgdeck’s roles can see and do, and the grant of what they lack', async ({
  page,
  request,
  stack,
  admin,
}) => {
  await admin.query('revoke pg_signal_backend from pgdeck_action');
  try {
    // Who asks within 10 s is given the same answer, and the page asks once.
    const mayItSignal = async () => {
      const { acting } = await (await request.get(`/api/servers/${stack.serverId}/rights`)).json();
      return acting.rights?.find(({ id }: { id: string }) => id === 'signal')?.has;
    };
    await expect.poll(mayItSignal, { timeout: 30_000 }).toBe(false);
    await page.goto(`/${stack.serverId}/access`);
    await expect(page.locator('.page-sentence')).toHaveText('pgdeck reads as pgdeck_read and acts as pgdeck_action.');
    const seeing = page.getByRole('region', { name: 'What it can see' });
    await expect(seeing.getByRole('listitem').filter({ hasText: 'See what other roles do' })).toContainText('Granted');
    const doing = page.getByRole('region', { name: 'What it can do' });
    await expect(doing).toContainText('Role pgdeck_action lacks signal sessions of other roles');
    const line = doing.getByRole('listitem').filter({ hasText: 'Signal sessions of other roles' });
    await expect(line).toContainText('Missing');
    await expect(line.getByRole('group', { name: /^SQL that grants/ })).toHaveText(
      'grant pg_signal_backend to pgdeck_action;',
    );
    await expectSound(page);
  } finally {
    await admin.query('grant pg_signal_backend to pgdeck_action');
  }
});
