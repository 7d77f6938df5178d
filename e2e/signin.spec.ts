import { expect, fillSignIn, password, signInAs, test } from './fixtures/people';
import { axeFindings, expectSound, keepFresh } from './page-checks';

test.use({ viewport: { width: 1280, height: 800 } });

test('who is not signed in is led to the sign-in and, by keyboard alone, to where they wanted to go', async ({
  page,
}) => {
  await page.goto('/default/tables?database=shop');
  await expect(page).toHaveURL(/\/signin\?next=%2Fdefault%2Ftables%3Fdatabase%3Dshop$/);
  await expect(page).toHaveTitle('Sign in – pgdeck');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  // Nothing of a server stands here.
  expect(await page.content()).not.toMatch(/pgdeck_read|app_shop|customers|127\.0\.0\.1/);
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('ann');
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Tables' })).toBeVisible();
  await expect(page).toHaveURL(/\/default\/tables\?database=shop$/);
  await page.goto('/signin?next=/default/locks');
  await expect(page).toHaveURL(/\/default\/locks$/);
});

test('password managers and readers of the screen find what they need in the form', async ({ page }) => {
  await page.goto('/signin');
  const name = page.getByRole('textbox', { name: 'Name' });
  const secret = page.getByRole('textbox', { name: 'Password' });
  await expect(name).toHaveAttribute('autocomplete', 'username');
  await expect(secret).toHaveAttribute('autocomplete', 'current-password');
  await expect(secret).toHaveAttribute('type', 'password');
  // Before it is alive it would otherwise write the password into the address.
  await expect(page.locator('form')).toHaveAttribute('method', 'post');

  const show = page.getByRole('button', { name: 'Show password' });
  await show.click();
  await expect(secret).toHaveAttribute('type', 'text');
  await expect(show).toHaveAttribute('aria-pressed', 'true');
  await show.click();
  await expect(secret).toHaveAttribute('type', 'password');

  await secret.dispatchEvent('keydown', { key: 'A', modifierCapsLock: true });
  await expect(secret).toHaveAccessibleDescription('Caps Lock is on.');
  await secret.dispatchEvent('keydown', { key: 'a', modifierCapsLock: false });
  await expect(secret).toHaveAccessibleDescription('');

  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(name).toBeFocused();
  await expect(name).toHaveAccessibleDescription('Type your name.');
});

test('a wrong password and a wrong name are told by the same sentence, at both fields', async ({ page }) => {
  await page.goto('/signin');
  const secret = page.getByRole('textbox', { name: 'Password' });
  for (const name of ['ann', 'nobody']) {
    await fillSignIn(page, name, 'not the password');
    await expect(secret).toHaveAccessibleDescription('Not signed in. Name or password is wrong.');
    await expect(secret).toHaveAttribute('aria-invalid', 'true');
    await expect(secret).toBeFocused();
    await expect(page.getByRole('alert').filter({ hasText: 'Not signed in' })).toBeVisible();
  }
  expect(page.url()).not.toContain('password');
  await expectSound(page);
});

test('too many failures are told with the time left, and the button waits', async ({ page, user }) => {
  await user('add', 'lena', '--role', 'viewer', '--password-stdin');
  await page.goto('/signin');
  const alert = page.getByRole('alert').filter({ hasText: 'Not signed in' });
  for (let failures = 0; failures < 5; failures++) {
    await fillSignIn(page, 'lena', `wrong ${failures}`);
    await expect(page.getByRole('textbox', { name: 'Password' })).toBeFocused();
    await expect(alert).toContainText('Name or password is wrong.');
  }
  await fillSignIn(page, 'lena');
  await expect(alert).toContainText(/Try again in 1[45] minutes/);
  await expect(alert).toContainText(/Again in 1[45]\smin/);
  const button = page.getByRole('button', { name: 'Sign in' });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await expect(button).toHaveAccessibleDescription(/^Wait 1[45]\smin/);
  expect(await axeFindings(page)).toEqual([]);
});

// Fails without safeNext() in app/signin/page.tsx.
test('T14: a sign-in leads to pgdeck’s own pages only', async ({ page, stack }) => {
  const elsewhere = [
    '//example.org/',
    '/\\example.org',
    'https://example.org/',
    '/%09/example.org',
    '/..//example.org',
  ];
  await page.goto(`/signin?next=${encodeURIComponent('//example.org/')}`);
  await fillSignIn(page, 'vera');
  await expect(page.getByRole('button', { name: 'Signed in as vera, viewer' })).toBeVisible();
  await expect(page).toHaveURL(`${stack.url}/default/overview`);
  // Who is signed in already is led on at once.
  for (const next of [...elsewhere, 'javascript:alert(1)']) {
    const answer = await page.request.get(`/signin?next=${encodeURIComponent(next)}`, { maxRedirects: 0 });
    expect(answer.status()).toBe(307);
    expect(answer.headers().location).toBe('/');
  }
  const own = await page.request.get('/signin?next=/default/locks%3Fsort%3Dpid', { maxRedirects: 0 });
  expect(own.headers().location).toBe('/default/locks?sort=pid');
});

// Firefox with cookies blocked asked for name and password again and again.
test('a browser that keeps no cookies is told so, and is led nowhere', async ({ page, context }) => {
  await page.route('**/api/session', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    const response = await route.fetch();
    await context.clearCookies();
    const headers = response.headers();
    delete headers['set-cookie'];
    await route.fulfill({ response, headers });
  });
  await page.goto('/signin?next=/default/locks');
  await fillSignIn(page, 'ann');
  const alert = page.getByRole('alert').filter({ hasText: 'Not signed in' });
  await expect(alert).toContainText('This browser kept no cookie of pgdeck. Allow cookies for this address');
  expect(new URL(page.url()).pathname).toBe('/signin');
});

test('only errors from the list are told; others say nothing', async ({ page }) => {
  await page.goto('/signin?error=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await expect(page.locator('main').getByRole('alert')).toHaveCount(0);
  await page.goto('/signin?error=no_role');
  await expect(page.locator('main').getByRole('alert')).toContainText('this pgdeck gives you no role');
});

test('who signs out is out: the button is on every page, and the old cookie is taken no more', async ({
  page,
  context,
}) => {
  await signInAs(page, 'ann', '/default/sessions');
  const menu = page.getByRole('button', { name: 'Signed in as ann, admin' });
  await menu.click();
  const facts = page.getByRole('dialog', { name: 'ann' });
  await expect(facts).toContainText('Role hereadmin');
  await expect(facts).toContainText('with a password');
  await expect(facts).toContainText(/Ends\d\d:\d\d, in (8\sh|7\sh\s59\smin)/);
  await page.keyboard.press('Escape');
  await expect(facts).toBeHidden();
  const cookies = await context.cookies();
  expect(cookies.find(({ name }) => name === 'pgdeck_s')).toMatchObject({ httpOnly: true, sameSite: 'Strict' });

  await page.setViewportSize({ width: 320, height: 800 });
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/signin$/);
  await page.goto('/default/sessions');
  await expect(page).toHaveURL(/\/signin\?next=/);
  await context.addCookies(cookies);
  expect((await page.request.get('/api/session')).status()).toBe(401);
});

test('a viewer sees what could be done, and why not by them', async ({ page, request, stack }) => {
  await signInAs(page, 'vera', '/default/overview');
  const remedy = page.getByRole('button', { name: /^Reindex: customers_lower_email_key/ });
  const why = 'This needs the role admin; vera is viewer.';
  await expect(remedy).toHaveAttribute('aria-disabled', 'true');
  await expect(remedy).toHaveAccessibleDescription(why);
  // A finger has no pointer that could rest on it.
  await remedy.click({ force: true });
  await expect(page.locator('.tooltip')).toHaveText(why);
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.goto('/default/maintenance');
  const operator = 'This needs the role operator; vera is viewer.';
  await expect(page.getByRole('button', { name: 'Run an action…' })).toHaveAccessibleDescription(operator);
  await expect(page.getByRole('button', { name: 'Show what it blocks' })).toHaveAccessibleDescription(operator);
  await page.goto('/default/changes');
  await expect(page.getByRole('button', { name: 'Add mark…' })).toHaveAccessibleDescription(operator);

  await page.goto('/default/indexes');
  await page.getByRole('button', { name: 'Actions: index customers_phone_idx' }).click();
  const drop = page.getByRole('menuitem', { name: /^Drop index…/ });
  await expect(drop).toHaveAttribute('aria-disabled', 'true');
  await expect(drop).toContainText(why);

  const target = { kind: 'backend', pid: 1, backend_start_us: '1' };
  const headers = { origin: stack.url };
  const asked = { headers, data: { action: 'terminate', target } };
  expect((await page.request.post('/api/servers/default/actions/preview', asked)).status()).toBe(403);
  expect((await request.post('/api/servers/default/actions/preview', asked)).status()).toBe(401);
});

test('an operator may cancel, and reads why not terminate', async ({ page, connect }) => {
  const client = await connect('app_report', 'metabase');
  const pid = (await client.query('select pg_backend_pid() as pid')).rows[0]?.pid;
  const sleeping = client.query('select pg_sleep(300)').catch(() => undefined);
  await signInAs(page, 'olaf', `/default/sessions?session=${pid}`);
  const stop = keepFresh(page.request, 'default', ['sessions']);
  const detail = page.getByRole('dialog', { name: `Session ${pid}` });
  const terminate = detail.getByRole('button', { name: `Terminate session ${pid}…` });
  await expect(terminate).toHaveAccessibleDescription('This needs the role admin; olaf is operator.');
  await detail.getByRole('button', { name: 'Cancel statement…' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Cancel the statement/ })
    .click();
  await expect(page.getByRole('dialog')).toContainText('is cancelled');
  stop();
  await sleeping;
});

test('a role that is taken away acts at once, in the API and in the buttons of an open page', async ({
  page,
  user,
  stack,
}) => {
  await user('add', 'dora', '--role', 'admin', '--password-stdin');
  await signInAs(page, 'dora', '/default/overview');
  const remedy = page.getByRole('button', { name: /^Reindex: customers_lower_email_key/ });
  await expect(remedy).not.toHaveAttribute('aria-disabled', 'true');
  await remedy.click();
  const dialog = page.getByRole('dialog');
  const act = dialog.getByRole('button', { name: /^Repair/ });
  await expect(act).not.toHaveAttribute('aria-disabled', 'true');

  // Until somebody has acted the page does not hear of it, which asks every ten seconds.
  let hear = () => {};
  const acted = new Promise<void>((resolve) => {
    hear = resolve;
  });
  await page.route('**/api/session', async (route) => {
    await acted;
    await route.continue().catch(() => {});
  });
  await user('role', 'dora', 'viewer');
  // Somebody who acts at once is refused, and the page takes it in.
  const refused = page.waitForResponse((response) => response.url().endsWith('/execute'));
  await act.click();
  expect((await refused).status()).toBe(403);
  hear();
  await expect(dialog).toContainText('This needs the role');
  await expect(act).toHaveAccessibleDescription(/^This needs the role admin; dora is viewer\.$/);
  await dialog.getByRole('button', { name: 'Close' }).first().click();
  await expect(remedy).toHaveAccessibleDescription('This needs the role admin; dora is viewer.');
  await expect(page.getByRole('button', { name: 'Signed in as dora, viewer' })).toBeVisible();
  const runs = await (await page.request.get('/api/runs?server=default')).json();
  expect(runs.runs.filter((run: { action: string }) => run.action === 'reindex')).toEqual([]);

  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await user('remove', 'dora');
  expect((await page.request.get('/api/servers')).status()).toBe(401);
  expect(stack.output()).not.toContain(password);
});

test('the sign-in is sound in each theme and width', async ({ page }) => {
  await page.goto('/signin');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await expectSound(page);
});
