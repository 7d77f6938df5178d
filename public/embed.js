// @ts-check
// pgdeck's client for portals, protocol version 1. It shows pgdeck in an element of a page and keeps it signed in.
// A plain <script src>, <script type="module" src> and import each set the global `pgdeck`; types: embed.d.ts.
(() => {
  const sandbox =
    'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads';
  // Seconds before a token is asked for again, where getToken() failed or its token was not taken.
  const pauses = [0, 1, 2, 5, 15, 30];
  const silentMs = 10_000;

  /** @type {import('./embed.js').Pgdeck['mount']} */
  function mount(element, { src, getToken, title = 'pgdeck', theme, locale, onNavigate, onToast, onError }) {
    const address = new URL(src, document.baseURI);
    const base = /^(.*?)\/embed(?=\/|$)/.exec(address.pathname)?.[1];
    if (!/^https?:$/.test(address.protocol) || base === undefined)
      throw new TypeError(
        'pgdeck.mount: src is an address below /embed of a pgdeck, such as https://pgdeck.example.net/embed.',
      );
    const { origin } = address;
    /** @type {'init' | 'token' | undefined} What the frame waits for. */
    let wanted;
    let asking = false;
    let tries = 0;
    let sentAt = Number.NEGATIVE_INFINITY;
    let heard = false;
    let begun = false;
    let gone = false;
    let moved = false;
    /** @type {{ path: string, src: string } | undefined} Where the portal led, until the frame tells where it is. */
    let led;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let silence;

    const frame = document.createElement('iframe');
    frame.title = title;
    frame.loading = 'lazy';
    frame.allow = 'clipboard-write';
    frame.setAttribute('sandbox', sandbox);
    frame.style.cssText = 'display:block;width:100%;height:480px;border:0';

    /** @param {Record<string, unknown>} message */
    const send = (message) => frame.contentWindow?.postMessage({ pgdeck: 1, ...message }, origin);
    /** @param {unknown} error */
    const tell = (error) => (onError ?? console.error)(error instanceof Error ? error : new Error(String(error)));

    /** @param {'init' | 'token'} type */
    function want(type) {
      if (wanted !== 'init') wanted = type;
      if (asking) return;
      clearTimeout(timer);
      timer = setTimeout(ask, 1000 * (pauses[Math.min(tries, pauses.length - 1)] ?? 0));
    }

    async function ask() {
      asking = true;
      try {
        const token = await getToken();
        if (gone) return;
        if (typeof token !== 'string' || token === '') throw new TypeError('getToken() gave no token.');
        if (wanted === 'init') {
          send({ type: 'init', token, theme, locale });
          begun = true;
          if (led?.src === frame.src) send({ type: 'navigate', path: led.path });
        } else send({ type: 'token', token });
        asking = false;
        wanted = undefined;
        sentAt = performance.now();
      } catch (error) {
        if (gone) return;
        asking = false;
        tries++;
        want(wanted ?? 'token');
        tell(error);
      }
    }

    /** @param {MessageEvent} event */
    function hear({ source, origin: from, data }) {
      if (source === null || source !== frame.contentWindow || from !== origin || data?.pgdeck !== 1) return;
      const { type, px, path, text } = data;
      const isPath = typeof path === 'string' && /^\/(?![/\\])/.test(path);
      if (type === 'ready') {
        heard = true;
        begun = false;
        const { src } = frame;
        if (moved) {
          moved = false;
          frame.src = src;
          // With a fragment it may be the page that is there already, which loads nothing then.
          if (!src.includes('#')) return;
        }
        if (wanted === 'init') return;
        tries = 0;
        want('init');
      } else if (type === 'auth-required') {
        if (asking || wanted) return;
        tries = performance.now() - sentAt < silentMs ? tries + 1 : 0;
        want('token');
      } else if (type === 'height' && Number.isFinite(px)) {
        frame.style.height = `${Math.min(Math.max(Math.round(px), 200), 20_000)}px`;
      } else if (type === 'location' && isPath) {
        led = undefined;
        onNavigate?.(path, String(data.title ?? '').slice(0, 200));
      } else if (type === 'toast' && typeof text === 'string') {
        onToast?.(text.slice(0, 200), String(data.level ?? 'info'));
      } else if (type === 'open' && isPath) {
        const url = new URL(base + path, origin);
        if (url.origin === origin && url.pathname.startsWith(`${base}/`)) window.open(url, '_blank', 'noopener');
      }
    }

    // A browser tells nobody that it blocked a frame: its load is heard, and then nothing.
    frame.addEventListener('load', () => {
      clearTimeout(silence);
      if (heard) return;
      const why = `Nothing is heard from ${origin}: is ${location.origin} one of its PGDECK_EMBED_ORIGINS, and is it in this page's frame-src?`;
      silence = setTimeout(() => heard || tell(new Error(why)), silentMs);
    });
    // Chromium drops an address that is given in the moment when the first page takes the frame over: it is given again.
    const moves = new MutationObserver(() => {
      moved = !heard;
    });
    window.addEventListener('message', hear);
    frame.src = address.href;
    moves.observe(frame, { attributeFilter: ['src'] });
    element.append(frame);

    return {
      navigate(path) {
        led = { path, src: frame.src };
        if (begun) send({ type: 'navigate', path });
      },
      setTheme(value) {
        theme = value;
        if (begun) send({ type: 'theme', theme });
      },
      refresh() {
        send({ type: 'refresh' });
      },
      destroy() {
        gone = true;
        clearTimeout(timer);
        clearTimeout(silence);
        moves.disconnect();
        window.removeEventListener('message', hear);
        frame.remove();
      },
    };
  }

  globalThis.pgdeck = Object.freeze({ version: 1, mount });
})();
