import { spawnSync } from 'node:child_process';
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { deck, portal, secret } from '@/lib/access/embed/test-embed';
import { readEmbedToken } from '@/lib/access/embed/token';
import { accessOf } from '@/lib/access/test-access';

// The samples of docs/embedding.md make tokens that the verifier of the real thing takes.

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs', 'embedding.md'), 'utf8');
const sample = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';
const user = { id: '4711', name: 'Ada', role: 'operator' };
const expected = { iss: 'portal', aud: deck, sub: user.id, name: user.name, role: user.role, origin: portal };
const folder = mkdtempSync(join(tmpdir(), 'pgdeck-samples-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What pgdeck reads in a token, by the settings of a portal that signs with a secret, or with a key. */
async function read(token: string, publicKey?: string) {
  const settings = {
    PGDECK_AUTH: 'embed',
    PGDECK_PUBLIC_URL: deck,
    PGDECK_EMBED_ORIGINS: portal,
    PGDECK_EMBED_ISSUER: 'portal',
    ...(publicKey === undefined ? { PGDECK_EMBED_SECRET: secret } : { PGDECK_EMBED_PUBLIC_KEY: publicKey }),
  };
  const { embed, ...access } = accessOf(settings);
  if (!embed) throw new Error('embedding is not set up');
  return readEmbedToken(token, { ...access, embed });
}

describe('Node', () => {
  type Mint = (who: typeof user, how: Record<string, unknown>) => Promise<string>;
  const load = async (): Promise<Mint> => {
    // Beside the packages of the clone, where it finds jose.
    const place = mkdtempSync(join(root, 'node_modules', '.sample-'));
    try {
      writeFileSync(join(place, 'token.mjs'), sample('js'));
      return (await import(/* @vite-ignore */ join(place, 'token.mjs'))).mintToken;
    } finally {
      rmSync(place, { recursive: true });
    }
  };
  const how = (alg: string, key: KeyObject) => ({ alg, key, issuer: 'portal', portal, pgdeck: deck });

  test('the sample is the example’s', () => {
    expect(sample('js')).toBe(readFileSync(join(root, 'examples', 'portal', 'token.mjs'), 'utf8'));
  });

  test('its tokens are taken with HS256, and no two are alike', async () => {
    const mint = await load();
    const key = createSecretKey(Buffer.from(secret));
    const [first, second] = await Promise.all([mint(user, how('HS256', key)), mint(user, how('HS256', key))]);
    expect(await read(first)).toMatchObject(expected);
    expect((await read(first)).jti).not.toBe((await read(second)).jti);
  });

  test('its tokens are taken with EdDSA', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const token = await (await load())(user, how('EdDSA', privateKey));
    expect(await read(token, publicKey.export({ type: 'spki', format: 'pem' }) as string)).toMatchObject(expected);
    await expect(read(token)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

/** PyJWT where it is installed; otherwise what the sample needs of it, by the standard library. */
const standIn = `
import base64, hashlib, hmac, json

def encode(payload, key, algorithm, headers):
    assert algorithm == "HS256"
    part = lambda value: base64.urlsafe_b64encode(value).rstrip(b"=")
    text = b".".join(part(json.dumps(v).encode()) for v in ({"typ": "JWT", "alg": algorithm, **headers}, payload))
    return (text + b"." + part(hmac.new(key.encode(), text, hashlib.sha256).digest())).decode()
`;
const python = spawnSync('python3', ['--version']).status === 0;

test.skipIf(!python)('the tokens of the Python sample are taken', async () => {
  const ask = (code: string, path: string) =>
    spawnSync('python3', ['-c', code], {
      input: JSON.stringify({ user, how: { alg: 'HS256', key: secret, issuer: 'portal', portal, pgdeck: deck } }),
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: path },
    });
  const modules = join(folder, 'python');
  mkdirSync(modules);
  if (ask('import jwt', '').status !== 0) writeFileSync(join(modules, 'jwt.py'), standIn);
  const run = 'import json, sys\nasked = json.load(sys.stdin)\nprint(mint_token(asked["user"], **asked["how"]))';
  const { stdout, stderr } = ask(`${sample('python')}\n${run}`, modules);
  expect(stderr).toBe('');
  expect(await read(stdout.trim())).toMatchObject(expected);
});

test('each sample sets the same claims, kind and life', () => {
  const claims = ['aud', 'exp', 'iat', 'iss', 'jti', 'name', 'origin', 'role', 'sub'];
  const named = (text: string) => [...text.matchAll(/^\s+"(\w+)":\s/gm)].map(([, name]) => name).sort();
  expect(named(sample('python'))).toEqual(claims);
  expect(named(sample('go'))).toEqual(claims);
  expect(sample('python')).toContain('now + 60');
  expect(sample('go')).toContain('now.Add(time.Minute)');
  for (const language of ['js', 'python', 'go']) expect(sample(language), language).toContain('pgdeck-embed+jwt');
});
