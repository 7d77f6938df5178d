import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type Ends, type Heard, Line, readMessage, toastOf } from './protocol';

const portal = 'https://portal.example.net';
const other = 'https://other.example.net:8443';

function frame(origins = [portal, other]) {
  let listener: ((event: MessageEvent) => void) | undefined;
  const parent = { postMessage: vi.fn() };
  const ends: Ends = {
    parent,
    addEventListener: (_, heard) => {
      listener = heard;
    },
    removeEventListener: () => {
      listener = undefined;
    },
  };
  const line = new Line(ends, origins);
  const heard: Heard[] = [];
  const stop = line.listen((message) => heard.push(message));
  const say = (data: unknown, from: { source?: unknown; origin?: string } = {}) =>
    listener?.({ source: parent, origin: portal, data, ...from } as unknown as MessageEvent);
  const init = () => say({ pgdeck: 1, type: 'init', token: 't' });
  return { line, heard, say, init, stop, said: parent.postMessage.mock.calls };
}

describe('T24: what a frame hears', () => {
  test('comes from the window above it', () => {
    // Fails without the comparison of source in Line.listen().
    const { say, init, heard } = frame();
    for (const source of [{}, null, undefined]) say({ pgdeck: 1, type: 'init', token: 't' }, { source });
    expect(heard).toEqual([]);
    init();
    say({ pgdeck: 1, type: 'refresh' }, { source: {} });
    expect(heard.map(({ type }) => type)).toEqual(['init']);
  });

  test('comes from an origin that the settings name, and after the first token from that one alone', () => {
    // Fails without the comparison of origin in Line.listen(), or without the one with the settings in Line.expect().
    const { say, init, heard, line } = frame();
    for (const origin of ['https://evil.example', 'null', '', `${portal}:444`, 'http://portal.example.net'])
      say({ pgdeck: 1, type: 'init', token: 't' }, { origin });
    expect(line.portal).toBeUndefined();
    init();
    expect(line.portal).toBe(portal);
    say({ pgdeck: 1, type: 'refresh' }, { origin: other });
    say({ pgdeck: 1, type: 'init', token: 'u' }, { origin: other });
    say({ pgdeck: 1, type: 'refresh' });
    expect(heard.map(({ type }) => type)).toEqual(['init', 'refresh']);
  });

  test('begins with a token', () => {
    const { say, init, heard } = frame();
    for (const message of [
      { type: 'token', token: 't' },
      { type: 'navigate', path: '/main/locks' },
      { type: 'theme', theme: 'dark' },
      { type: 'refresh' },
    ])
      say({ pgdeck: 1, ...message });
    expect(heard).toEqual([]);
    init();
    expect(heard).toEqual([{ type: 'init', token: 't', look: { theme: undefined, locale: undefined } }]);
  });

  test('has the shape of version 1; everything else is as if it were not said', () => {
    const messages = [
      undefined,
      null,
      'init',
      [],
      { type: 'refresh' },
      { pgdeck: 2, type: 'refresh' },
      { pgdeck: '1', type: 'refresh' },
      { pgdeck: 1 },
      { pgdeck: 1, type: 'execute', previewId: 'x' },
      { pgdeck: 1, type: 'confirm', text: '4711' },
      { pgdeck: 1, type: 'preview', action: 'terminate' },
      { pgdeck: 1, type: 'init' },
      { pgdeck: 1, type: 'init', token: '' },
      { pgdeck: 1, type: 'token', token: { toString: () => 't' } },
      { pgdeck: 1, type: 'token', token: 'x'.repeat(8193) },
      { pgdeck: 1, type: 'navigate', path: 1 },
      { pgdeck: 1, type: 'navigate', path: `/${'x'.repeat(2000)}` },
      { pgdeck: 1, type: '__proto__' },
    ];
    expect(messages.filter((message) => readMessage(message))).toEqual([]);
    expect(readMessage({ pgdeck: 1, id: 7, type: 'refresh', more: true })).toEqual({ type: 'refresh' });
  });

  test('runs, confirms and fills in nothing: there are five messages, and none of them acts', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), fc.string(), (value, type) => {
        const message = readMessage({ pgdeck: 1, type, token: value, path: value, ...(value as object) });
        if (message) expect(['init', 'token', 'navigate', 'theme', 'refresh']).toContain(message.type);
      }),
    );
  });

  test('is nothing any more once it stopped listening', () => {
    const { init, stop, heard } = frame();
    stop();
    init();
    expect(heard).toEqual([]);
  });
});

describe('T24: what a frame says', () => {
  test('goes to the portal alone: to nobody before it is known, and never to *', () => {
    const { line, init, said } = frame();
    line.say({ type: 'height', px: 700 });
    expect(said).toEqual([]);
    init();
    line.say({ type: 'height', px: 700 });
    line.say(toastOf('info', 'x'.repeat(300)));
    expect(said).toEqual([
      [{ pgdeck: 1, type: 'height', px: 700 }, portal],
      [{ pgdeck: 1, type: 'toast', level: 'info', text: 'x'.repeat(200) }, portal],
    ]);
  });

  test('that it listens goes to each origin of the settings in turn, and holds nothing', () => {
    const { line, said } = frame();
    line.sayReady();
    const ready = { pgdeck: 1, type: 'ready', version: 1 };
    expect(said).toEqual([
      [ready, portal],
      [ready, other],
    ]);
  });

  test('a token of the address binds it to the portal that the token names', () => {
    const { line, say, heard } = frame();
    expect(line.expect('https://evil.example')).toBe(false);
    expect(line.expect(other)).toBe(true);
    expect(line.expect(portal)).toBe(false);
    say({ pgdeck: 1, type: 'init', token: 't' });
    expect(heard).toEqual([]);
    say({ pgdeck: 1, type: 'refresh' }, { origin: other });
    expect(heard).toEqual([{ type: 'refresh' }]);
  });

  test('a page that is in no frame neither hears itself nor says anything', () => {
    const heard: Heard[] = [];
    const postMessage = vi.fn();
    let listener: ((event: MessageEvent) => void) | undefined;
    const self = {
      postMessage,
      addEventListener: (_: 'message', given: (event: MessageEvent) => void) => {
        listener = given;
      },
      removeEventListener: () => {},
    };
    const ends = Object.assign(self, { parent: self });
    const line = new Line(ends, [portal]);
    line.listen((message) => heard.push(message));
    listener?.({
      source: ends,
      origin: portal,
      data: { pgdeck: 1, type: 'init', token: 't' },
    } as unknown as MessageEvent);
    line.expect(portal);
    line.sayReady();
    line.say({ type: 'height', px: 1 });
    expect(heard).toEqual([]);
    expect(postMessage).not.toHaveBeenCalled();
  });
});
