'use client';

import { Check, Copy } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { announce } from '@/lib/client/announce';
import { tokens, visible } from './highlight';

/** A statement, coloured, focusable and to be copied exactly as it is. */
export function SqlBlock({ sql, label = 'SQL' }: { sql: string; label?: string }) {
  return (
    <div className="sql-block">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it can scroll, so the keyboard must reach it */}
      <pre tabIndex={0} role="group" aria-label={label}>
        <Highlighted sql={sql} />
      </pre>
      <CopyButton text={sql} label={`Copy ${label}`} />
    </div>
  );
}

/** The pieces of a statement as text nodes: never HTML. */
export function Highlighted({ sql }: { sql: string }) {
  const pieces = useMemo(() => {
    let at = 0;
    return tokens(visible(sql)).map((token) => {
      const key = at;
      at += token.text.length;
      return { ...token, key };
    });
  }, [sql]);
  return pieces.map(({ kind, text, key }) =>
    kind === 'text' ? (
      text
    ) : (
      <span key={key} className={`sql-${kind}`}>
        {text}
      </span>
    ),
  );
}

/** A statement in one line of a table; whole when it has the focus. */
export function SqlLine({ sql }: { sql: string | null }) {
  if (sql === null) return <span className="muted">not visible to this role</span>;
  if (sql === '') return <span className="muted">–</span>;
  const shown = visible(sql).replace(/\s+/g, ' ').trim();
  return (
    <span className="sql-line" title={shown.length > 40 ? shown.slice(0, 1000) : undefined}>
      {shown}
    </span>
  );
}

/** Copies a text and says so. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (!(await copyText(text))) return announce('Not copied: the browser did not allow it.');
    setCopied(true);
    announce('Copied.');
  };
  return (
    <button type="button" className="icon-button" aria-label={label} title={copied ? 'Copied' : label} onClick={copy}>
      {copied ? <Check className="icon" aria-hidden /> : <Copy className="icon" aria-hidden />}
    </button>
  );
}

/** Puts a text on the clipboard, also where the page is not served over HTTPS; false where the browser refuses. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'visually-hidden';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
