'use client';

import { Database } from 'lucide-react';
import { type ReactNode, useLayoutEffect } from 'react';
import { visible } from '@/components/ui/highlight';
import { usePageTime } from '@/lib/client/page-time';
import { useDatabase } from '@/lib/client/url-state';
import { Choice } from '../ui/choice';
import { Banners } from './banners';
import { LiveButton } from './live-button';
import { PastBanner } from './past-banner';
import { TimeControl } from './time-control';
import { useServer } from './use-server';

/**
 * The head of a page: title, database and time, one sentence; below it what concerns the whole server. `databases` is
 * `all` where a page shows every database and can be narrowed, `one` where it is asked database by database.
 */
export function PageHead({
  server: id,
  title,
  heading,
  state,
  sentence,
  databases,
  range,
  live = true,
}: {
  server: string;
  title: string;
  /** What stands as h1, where that is not the title: the verdict on the overview. */
  heading?: ReactNode;
  /** For the browser's tab, before the title: `12 waiting`. */
  state?: string | undefined;
  sentence?: ReactNode;
  databases?: 'all' | 'one';
  /** Whether the page is of a time that can be chosen: of a span, or of a moment of the past. */
  range?: boolean;
  live?: boolean;
}) {
  const server = useServer(id);
  const past = usePageTime().at !== null && range;
  const name = server?.name ?? id;
  const wanted = `${[past ? 'Past' : state, title, name].filter(Boolean).join(' – ')} – pgdeck`;
  // The page's own metadata, which knows neither state nor server, may arrive later than this. In the layout phase, so
  // that a page that goes away does not take the title of the next one.
  useLayoutEffect(() => {
    const set = () => {
      if (document.title !== wanted) document.title = wanted;
    };
    set();
    const changed = new MutationObserver(set);
    changed.observe(document.head, { subtree: true, childList: true, characterData: true });
    return () => changed.disconnect();
  }, [wanted]);
  return (
    <>
      <header className="page-head">
        {heading !== undefined && <p className="breadcrumb">{title}</p>}
        <h1>{heading ?? title}</h1>
        <div className="page-tools">
          {databases && (
            <div className="contents database-chooser">
              <DatabaseChooser server={id} which={databases} />
            </div>
          )}
          {range && (
            <div className="contents time-tools">
              <TimeControl />
            </div>
          )}
          {live && !past && (
            <div className="contents live-tools">
              <LiveButton />
            </div>
          )}
        </div>
        {sentence !== undefined && (
          <div className="page-sentence">{typeof sentence === 'string' ? visible(sentence) : sentence}</div>
        )}
      </header>
      {past && <PastBanner />}
      <Banners server={id} />
    </>
  );
}

function DatabaseChooser({ server: id, which }: { server: string; which: 'all' | 'one' }) {
  const server = useServer(id);
  const [database, setDatabase] = useDatabase();
  const names = server?.databases ?? [];
  const home = server?.database ?? names[0] ?? '';
  const all = which === 'all' ? [{ value: '', label: 'All databases' }] : [];
  const value = database ?? (which === 'all' ? '' : home);
  return (
    <Choice
      label="Database"
      icon={Database}
      options={[...all, ...names.map((name) => ({ value: name, label: name }))]}
      value={value}
      onChange={(next) => setDatabase(next === '' || (which === 'one' && next === home) ? null : next)}
    >
      {value === '' ? (
        <>
          All<span className="wide-only"> databases</span>
        </>
      ) : (
        value
      )}
    </Choice>
  );
}
