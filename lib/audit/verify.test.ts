import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '@/bin/audit-verify';
import { Audit } from './audit';
import { hashOf } from './chain';
import { verifyAudit } from './verify';

let state: string;
const folder = () => path.join(state, 'audit');
const names = () => readdirSync(folder()).sort();
const file = (index: number) => path.join(folder(), names()[index] as string);
const linesOf = (index: number) => readFileSync(file(index), 'utf8').trimEnd().split('\n');
const rewrite = (index: number, lines: string[]) => writeFileSync(file(index), `${lines.join('\n')}\n`);
/** Where the chain is said to break: file, line, why. */
const breaks = async () =>
  (await verifyAudit(folder())).breaks.map((each) => [names().indexOf(each.file), each.line, each.why]);

/** The lines that the command prints, and its exit code. */
async function command(options: { head?: string } = {}): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const code = await run({ stateDir: state, say: (line) => said.push(line), ...options });
  return { code, said: said.join('\n') };
}

beforeEach(async () => {
  state = mkdtempSync(path.join(tmpdir(), 'pgdeck-verify-'));
  const audit = new Audit(state, { rotateAtBytes: 500 });
  for (let n = 1; n <= 12; n++) await audit.write({ event: 'intent', runId: `run-${n}` });
  await audit.close();
  expect(names().length).toBeGreaterThan(2);
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

describe('an audit that nobody touched', () => {
  it('holds over all of its files, and the command says so with its counts', async () => {
    const { code, said } = await command();
    expect(code).toBe(0);
    expect(said).toContain(`12 lines in ${names().length} files`);
    expect(said).toContain('The chain holds');
  });

  it('is only read: it can be checked while it is written', async () => {
    const before = names().map((_, index) => readFileSync(file(index), 'utf8'));
    const audit = new Audit(state);
    const [{ code }] = await Promise.all([command(), audit.write({ event: 'annotation' })]);
    await audit.close();
    expect(code).toBe(0);
    for (const [index, text] of before.entries()) expect(readFileSync(file(index), 'utf8').startsWith(text)).toBe(true);
  });

  it('a line without its end is told and breaks nothing, also where a new file was begun after it', async () => {
    appendFileSync(file(names().length - 1), '{"ts":"2026-11-21T0');
    expect((await command()).code).toBe(0);
    const audit = new Audit(state);
    await audit.write({ event: 'intent', runId: 'after' });
    await audit.close();
    const { code, said } = await command();
    expect(code).toBe(0);
    expect(said).toContain('the last line has no end (19 bytes)');
  });
});

describe('the chain breaks, at the line that is named, where', () => {
  it('a line was changed', async () => {
    const [first = '', ...rest] = linesOf(1);
    rewrite(1, [first.replace('"runId":"run-', '"runId":"run-9'), ...rest]);
    expect(await breaks()).toEqual([[1, 2, 'does not follow the line before it']]);
    const { code, said } = await command();
    expect(code).toBe(1);
    expect(said).toContain(`${names()[1]}, line 2: does not follow the line before it`);
  });

  it('a line was removed', async () => {
    const lines = linesOf(0);
    rewrite(0, [lines[0] as string, ...lines.slice(2)]);
    expect((await breaks())[0]).toEqual([
      lines.length > 2 ? 0 : 1,
      lines.length > 2 ? 2 : 1,
      'line number 2 is missing before it',
    ]);
  });

  it('two lines changed places', async () => {
    const [a = '', b = '', ...rest] = linesOf(0);
    rewrite(0, [b, a, ...rest]);
    expect((await breaks()).map(([, line, why]) => [line, why]).slice(0, 2)).toEqual([
      [1, 'line number 1 is missing before it'],
      [2, 'is out of order: number 1 after number 2'],
    ]);
  });

  it('a line was put in', async () => {
    const [a = '', ...rest] = linesOf(0);
    rewrite(0, [a, JSON.stringify({ seq: 2, prev: hashOf(a), event: 'result' }), ...rest]);
    expect((await breaks())[0]).toEqual([0, 3, 'is out of order: number 2 after number 2']);
  });

  it('what stands there is no line of an audit', async () => {
    rewrite(0, ['nonsense', ...linesOf(0)]);
    expect(await breaks()).toEqual([[0, 1, 'not JSON']]);
  });

  it('a whole file is gone, in the middle or at the beginning', async () => {
    const gone = linesOf(1).map((line) => JSON.parse(line).seq as number);
    rmSync(file(1));
    const range = gone.length === 1 ? `line number ${gone[0]} is` : `lines number ${gone[0]} to ${gone.at(-1)} are`;
    expect(await breaks()).toEqual([[1, 1, `${range} missing before it`]]);
    rmSync(file(0));
    expect((await breaks())[0]?.slice(0, 2)).toEqual([0, 1]);
  });
});

describe('lines that were taken from the end', () => {
  it('are shown by a hash that was kept elsewhere', async () => {
    const head = (await verifyAudit(folder())).end.hash;
    expect((await command({ head })).code).toBe(0);
    rmSync(file(names().length - 1));
    expect((await command()).code).toBe(0);
    const { code, said } = await command({ head });
    expect(code).toBe(1);
    expect(said).toContain('no line has the hash of --head');
  });

  it('a hash that is none is refused', async () => {
    await expect(command({ head: 'abc' })).rejects.toThrow('--head takes the hash of a line');
  });
});

it('a folder without an audit is refused with words', async () => {
  rmSync(folder(), { recursive: true });
  await expect(command()).rejects.toThrow('There is no audit in');
});
