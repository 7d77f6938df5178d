import type { Page } from '@playwright/test';
import { expect, test } from './fixtures/test';
import { pressOn, tabTo } from './keyboard';
import { axeFindings, pidOf } from './page-checks';

test.describe.configure({ timeout: 240_000 });

const table = 'odd "orders"\nעברית x';
const quoted = `"${table.replaceAll('"', '""')}"`;
const index = 'odd "index" \u05d0\u05d1';
const isValid = `select i.indisvalid as valid, pg_get_indexdef(i.indexrelid) as text from pg_index as i
join pg_class as c on c.oid = i.indexrelid where c.relname = $1`;

const dialogOf = (page: Page) => page.getByRole('dialog');
const button = (page: Page, name: string | RegExp) => dialogOf(page).getByRole('button', { name, exact: true });

/** Types what begins the name of a choice: letters that come slowly begin another. */
const typeUntil = (page: Page, text: string, holds: () => Promise<void>) =>
  expect(async () => {
    await page.keyboard.type(text);
    await holds();
  }).toPass();

/** Fills the form of an index by keyboard: the second column first, descending, and a name of its own. */
async function fillIndex(page: Page): Promise<void> {
  const dialog = dialogOf(page);
  await tabTo(page, dialog.getByLabel('Column to add'));
  await pressOn(page, button(page, 'Add column'));
  await expect(dialog.getByRole('list', { name: 'Columns of the index' }).getByRole('listitem')).toHaveCount(1);
  await pressOn(page, button(page, 'Add column'));
  const parts = dialog.getByRole('list', { name: 'Columns of the index' }).getByRole('listitem');
  await expect(parts).toHaveCount(2);
  await tabTo(page, dialog.getByLabel('Order of the "when"'), 'Shift+Tab');
  await typeUntil(page, 'Desc', () =>
    expect(dialog.getByLabel('Order of the "when"')).toHaveValue('desc', { timeout: 1500 }),
  );
  await page.keyboard.press('Alt+ArrowUp');
  await expect(parts.first()).toContainText('the "when"');
  await expect(dialog.getByLabel('Order of the "when"')).toHaveValue('desc');
  await tabTo(page, dialog.getByRole('textbox', { name: 'Name' }));
  await page.keyboard.type(index);
  // Enter in a field asks for the preview.
  await page.keyboard.press('Enter');
}

test('an index is built, cancelled, cleaned up, built again, dropped and taken back, by keyboard alone', async ({
  page,
  admin,
  connect,
  stack,
}) => {
  await admin.query(`create table ${quoted} (id int, "the ""when""" timestamptz)`);
  await admin.query(`alter table ${quoted} owner to shop_owner`);
  await admin.query(`insert into ${quoted} select i, now() from generate_series(1, 5000) as i`);
  const report = await connect(stack.admin, 'long report');
  const pid = await pidOf(report);
  await report.query('begin isolation level repeatable read');
  await report.query('select count(*) from customers');

  await page.goto(`/${stack.serverId}/maintenance`);
  await pressOn(page, page.getByRole('button', { name: 'Run an action…' }));
  const dialog = dialogOf(page);
  await expect(dialog.getByLabel('Action', { exact: true })).toBeFocused();
  await expect(dialog.getByRole('option', { name: 'Create index' })).toBeAttached();
  const action = dialog.getByLabel('Action', { exact: true }).locator('option:checked');
  await typeUntil(page, 'Create index', () => expect(action).toHaveText('Create index', { timeout: 1500 }));
  await tabTo(page, dialog.getByRole('searchbox'));
  await page.keyboard.type('odd "');
  await expect(dialog.getByRole('radio')).toHaveCount(1);
  await tabTo(page, dialog.getByRole('radio'));
  await page.keyboard.press('Space');
  await fillIndex(page);

  await expect(dialog).toContainText('in a transaction: no');
  await expect(dialog).toContainText('ShareUpdateExclusiveLock');
  await expect(dialog.getByRole('button', { name: 'Not now' })).toBeFocused();
  expect(await axeFindings(page)).toEqual([]);
  await pressOn(page, dialog.getByRole('button', { name: /^Create an index/ }));

  // An old snapshot of another table holds it up; who has it is named, and stands on the page as well.
  await expect(dialog).toContainText(/waiting for (old snapshots|writers)/, { timeout: 20_000 });
  await expect(dialog.getByRole('progressbar')).toBeVisible();
  await expect(dialog.getByRole('link', { name: new RegExp(`session ${pid}`, 'i') })).toBeVisible();
  await expect(dialog).toContainText('long report');
  expect(await axeFindings(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.reload();
  const running = page.getByRole('list', { name: 'Runs that are not over' }).getByRole('listitem');
  await expect(running).toContainText('Create an index');
  await expect(running.getByRole('link', { name: `session ${pid}` })).toBeVisible();
  expect((await admin.query(isValid, [index])).rows[0]).toMatchObject({ valid: false });

  // Opened again after the reload, it is stopped; what it left is cleaned up by the action that is offered.
  await pressOn(page, running.getByRole('button'));
  await pressOn(page, dialog.getByRole('button', { name: 'Stop it' }), 'Shift+Tab');
  await expect(dialog).toContainText('Cancelled');
  await pressOn(page, dialog.getByRole('button', { name: /^Drop .*…$/ }));
  const typed = dialog.getByRole('textbox', { name: /^Type/ });
  await tabTo(page, typed);
  await page.keyboard.insertText(index);
  await expect(dialog).toContainText('Matches');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Done');
  expect((await admin.query(isValid, [index])).rows).toEqual([]);
  await page.keyboard.press('Escape');
  await report.query('rollback');

  // Again, from the menu of its table.
  await page.goto(`/${stack.serverId}/tables?filter=odd`);
  const row = page.getByRole('table', { name: 'Tables', exact: true }).locator('tr[data-key]');
  await tabTo(page, row);
  await page.keyboard.press('Enter');
  const create = page.getByRole('menuitem', { name: 'Create index…' });
  await expect(create).toBeVisible();
  await typeUntil(page, 'Create', () => expect(create).toBeFocused({ timeout: 1500 }));
  await page.keyboard.press('Enter');
  await expect(dialog.getByLabel('Column to add')).toBeFocused();
  await fillIndex(page);
  await pressOn(page, dialog.getByRole('button', { name: /^Create an index/ }));
  await expect(dialog).toContainText('is valid on', { timeout: 20_000 });
  const [built] = (await admin.query(isValid, [index])).rows;
  expect(built).toMatchObject({ valid: true });
  expect(built?.text).toContain('("the ""when""" DESC, id)');

  // Dropped with what takes that back, which is done.
  await pressOn(page, dialog.getByRole('button', { name: 'Undo…' }), 'Shift+Tab');
  await tabTo(page, typed);
  await page.keyboard.insertText(index);
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Done');
  expect((await admin.query(isValid, [index])).rows).toEqual([]);
  await pressOn(page, dialog.getByRole('button', { name: 'Undo…' }), 'Shift+Tab');
  await expect(dialog).toContainText('the ""when""');
  await expect(dialog.getByRole('button', { name: 'Not now' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Done', { timeout: 20_000 });
  expect((await admin.query(isValid, [index])).rows).toEqual([built]);
  await page.keyboard.press('Escape');

  await page.goto(`/${stack.serverId}/audit?search=${encodeURIComponent('odd')}`);
  await expect(page.getByRole('table', { name: 'Audit' }).locator('tr[data-key]')).toHaveCount(6);
});

test('what the server refuses of a form is said at its field, and what is missing before it is asked', async ({
  page,
  stack,
}) => {
  await page.goto(`/${stack.serverId}/tables?filter=customers`);
  await page.getByRole('button', { name: 'Actions: table customers' }).click();
  await page.getByRole('menuitem', { name: 'Create index…' }).click();
  const dialog = dialogOf(page);
  const expression = dialog.getByLabel('Expression 1', { exact: true });
  await expect(dialog.getByLabel('Column to add')).toBeFocused();
  await button(page, 'Preview').click();
  await expect(dialog.getByText('Add at least one column or expression.')).toBeVisible();
  await button(page, 'Add expression').click();
  await expect(expression).toBeFocused();
  await page.keyboard.type('lower(email); drop table customers');
  await button(page, 'Preview').click();
  await expect(dialog.getByRole('alert')).toContainText('No preview.');
  await expect(expression).toHaveValue('lower(email); drop table customers');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('x'.repeat(200));
  await expression.fill('lower(email)');
  await button(page, 'Preview').click();
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('');
  await button(page, 'Preview').click();
  await expect(dialog).toContainText('(lower(email))');
  await button(page, 'Back').click();
  await expect(expression).toHaveValue('lower(email)');
});
