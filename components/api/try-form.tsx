'use client';

import { useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { CopyButton } from '@/components/ui/sql';
import { type Tried, tryPath } from '@/lib/client/api-queries';
import { bytes } from '@/lib/format';

const mostShown = 200_000;

/** Asks a path that only reads with one's own session, and shows what comes back. */
export function TryForm({ path, title }: { path: string; title: string }) {
  const [tried, setTried] = useState<{ path: string; answer?: Tried; failure?: string }>();
  const [asking, setAsking] = useState(false);
  const last = useRef<AbortController>(undefined);
  useEffect(() => () => last.current?.abort(), []);
  const missing = /<(\w+)>/.exec(decodeURIComponent(path))?.[1];
  const ask = async () => {
    last.current?.abort();
    const own = new AbortController();
    last.current = own;
    setAsking(true);
    try {
      setTried({ path, answer: await tryPath(path, own.signal) });
    } catch (error) {
      if (own.signal.aborted) return;
      setTried({ path, failure: error instanceof Error ? error.message : 'pgdeck does not answer.' });
    }
    setAsking(false);
  };
  return (
    <div className="try">
      <div className="actions">
        <Button
          look="primary"
          onClick={ask}
          off={asking ? 'pgdeck is being asked.' : missing !== undefined && `Say which ${missing} first.`}
        >
          Try
        </Button>
        <code className="try-path">{`GET ${path}`}</code>
      </div>
      <div aria-live="polite">
        {tried?.failure && <p>{`Not answered: ${tried.failure}`}</p>}
        {tried?.answer && <Answer {...tried.answer} title={title} />}
      </div>
    </div>
  );
}

function Answer({ status, headers, type, text, title }: Tried & { title: string }) {
  const shown = type.includes('json') ? pretty(text) : text;
  return (
    <>
      <dl className="try-headers">
        <div>
          <dt>status</dt>
          <dd>{status === 0 ? 'leads elsewhere' : status}</dd>
        </div>
        {headers.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {text !== '' && (
        <div className="sql-block">
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it can scroll, so the keyboard must reach it */}
          <pre tabIndex={0} role="group" aria-label={`Answer: ${title}`}>
            {visible(shown.slice(0, mostShown))}
          </pre>
          <CopyButton text={shown} label={`Copy answer: ${title}`} />
        </div>
      )}
      {shown.length > mostShown && (
        <p className="muted">{`The first ${bytes(mostShown)} of ${bytes(shown.length)}; Copy takes all of it.`}</p>
      )}
    </>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
