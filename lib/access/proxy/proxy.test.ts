import { beforeEach, describe, expect, it } from 'vitest';
import { shared } from '@/lib/runtime';
import { ApiError } from '../errors';
import { accessOf } from '../test-access';
import type { User } from '../user';
import { userOfProxy } from './proxy';

const secret = 'kQ7v2Lr9Tn4Xw8Zb3Ys6Jd1Hf5Gm0Pc-';
const sent = { 'x-pgdeck-proxy-secret': secret, 'x-forwarded-user': 'ann' };

beforeEach(() => configure());

function configure(env: Record<string, string> = {}): void {
  const access = accessOf({
    PGDECK_AUTH: 'proxy',
    PGDECK_PROXY_SECRET: secret,
    PGDECK_PROXY_GROUPS_HEADER: 'X-Forwarded-Groups',
    PGDECK_ADMIN_GROUPS: 'user:ann, dba',
    PGDECK_VIEWER_GROUPS: 'readers',
    ...env,
  });
  Object.assign(shared(), { servers: new Map(), config: { access } });
}

/** The user, or what is answered instead. */
async function asked(headers: Record<string, string>): Promise<User | { status: number; code: string; said: string }> {
  try {
    return await userOfProxy(new Headers(headers));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, code: error.code, said: error.message };
  }
}

/** A header as it comes from the network: its bytes, one by one. */
const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('a proxy that proves itself by the secret', () => {
  it('names somebody, with a role by name or by group', async () => {
    expect(await asked(sent)).toEqual({ name: 'ann', role: 'admin', mode: 'proxy', groups: [] });
    const vic = { ...sent, 'x-forwarded-user': 'vic', 'x-forwarded-groups': 'staff,readers' };
    expect(await asked(vic)).toEqual({ name: 'vic', role: 'viewer', mode: 'proxy', groups: ['staff', 'readers'] });
  });

  it('may use letters of every script', async () => {
    const headers = { ...sent, 'x-forwarded-user': bytes('Jörg Ünal'), 'x-forwarded-groups': bytes('Prüfer,readers') };
    expect(await asked(headers)).toMatchObject({ name: 'Jörg Ünal', groups: ['Prüfer', 'readers'] });
  });

  it('may use another header', async () => {
    configure({ PGDECK_PROXY_USER_HEADER: 'Remote-User' });
    const { 'x-forwarded-user': _, ...headers } = sent;
    expect(await asked({ ...headers, 'remote-user': 'ann' })).toMatchObject({ name: 'ann', role: 'admin' });
    expect(await asked(sent)).toMatchObject({ status: 401 });
  });

  it('is told where it names nobody', async () => {
    const { 'x-forwarded-user': _, ...headers } = sent;
    expect(await asked(headers)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(await asked({ ...sent, 'x-forwarded-user': '' })).toMatchObject({ status: 401 });
  });

  it('gives no entry to whom the settings give no role', async () => {
    expect(await asked({ ...sent, 'x-forwarded-user': 'nora', 'x-forwarded-groups': 'sales' })).toEqual({
      status: 403,
      code: 'no_role',
      said: 'You are signed in as nora, but this pgdeck gives you no role. Ask whoever runs it for one.',
    });
  });
});

describe('T8: a header with a name is not believed', () => {
  // Take out the test of the secret in identityOfHeaders().
  it.each([
    ['without the secret', {}],
    ['with an empty one', { 'x-pgdeck-proxy-secret': '' }],
    ['with another one', { 'x-pgdeck-proxy-secret': `${secret.slice(0, -1)}_` }],
    ['with the beginning of it', { 'x-pgdeck-proxy-secret': secret.slice(0, 16) }],
    ['with one of a client beside it', { 'x-pgdeck-proxy-secret': `guess, ${secret}` }],
  ])('%s', async (_, headers) => {
    const answer = await asked({ 'x-forwarded-user': 'ann', ...headers });
    expect(answer).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  // Take out the test of the comma, or the invisible characters and the length of readName().
  it.each([
    ['that came twice', 'mallory, ann'],
    ['with a comma', 'ann,'],
    ['with a control character', 'ann\u0001'],
    ['with one of the second half', bytes('ann\u0085')],
    ['that turns the direction of writing', bytes('nna\u202e')],
    ['that is no UTF-8', 'J\u00f6rg'],
    ['of more than 256 bytes', 'a'.repeat(257)],
    ['of more than 256 bytes in fewer characters', bytes('ö'.repeat(129))],
  ])('%s', async (_, name) => {
    expect(await asked({ ...sent, 'x-forwarded-user': name })).toMatchObject({
      status: 401,
      said: 'x-forwarded-user cannot be used: it has to come once, with a name of at most 256 bytes, without commas and control characters.',
    });
  });

  // Take out readGroups() or the way that groupsOf() splits: what a client adds would count as the proxy's groups.
  it.each([
    ['that came twice', 'dba, readers'],
    ['with an empty one', 'readers,,dba'],
    ['with a control character', 'readers,db\u0002a'],
    ['that are too long', `readers,${'a'.repeat(257)}`],
  ])('with groups %s', async (_, groups) => {
    expect(await asked({ ...sent, 'x-forwarded-user': 'vic', 'x-forwarded-groups': groups })).toMatchObject({
      status: 401,
    });
  });

  it('with a group that is named like a person', async () => {
    const headers = { ...sent, 'x-forwarded-user': 'vic', 'x-forwarded-groups': 'user:ann,readers' };
    expect(await asked(headers)).toMatchObject({ name: 'vic', role: 'viewer', groups: ['readers'] });
  });

  // Take out refuseLookalikes().
  it.each(['x_forwarded_user', 'x-forwarded_user', 'x_forwarded_groups', 'x_pgdeck_proxy_secret'])(
    'beside one that only differs by underscores: %s',
    async (name) => {
      expect(await asked({ ...sent, [name]: 'mallory' })).toMatchObject({ status: 401 });
      expect(await asked({ ...sent, another_header: 'x' })).toMatchObject({ name: 'ann' });
    },
  );
});
