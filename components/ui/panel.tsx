'use client';

import { CodeXml, Info, Table2 } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { useFrame } from '@/lib/client/frame';
import type { TopicView } from '@/lib/client/use-topic';
import { durationInWords } from '@/lib/format';
import { IconButton } from './button';
import { visible } from './highlight';
import { PanelAlert, PanelUnavailable, PanelWaiting } from './panel-states';
import { Popover } from './popover';
import { Provenance, TopicSql } from './provenance';
import { type State, StateText } from './state';
import { Age, Clock, PastMoment } from './time';

/** Says what it means that there are no rows, and when there would be some. */
export type Empty = { word: string; text: ReactNode; state?: State };

/**
 * A panel: title, one sentence, tools (SQL, table, info), body, footer with source, cadence and age. With a `view` it
 * shows by itself that rows are loading, stale, partial or unavailable; `children` gets the newest rows there are.
 */
export function Panel<R>({
  id: name,
  title,
  sentence,
  view,
  empty,
  height = 120,
  flush,
  asTable,
  tools,
  source,
  cadence,
  footer,
  link,
  means,
  alerts = true,
  children,
}: {
  /** What a portal calls it to show it alone; without it the title's words: `connections-by-state`. */
  id?: string;
  title: string;
  sentence?: ReactNode;
  view?: TopicView<R>;
  /** Shown instead of the body where there are rows to judge but none to show. */
  empty?: ((rows: R[]) => Empty | undefined) | undefined;
  /** Height of the body while the first rows are awaited, in px: what it will have. */
  height?: number;
  /** Without padding: for tables. */
  flush?: boolean;
  /** "Show as table", for charts. */
  asTable?: { shown: boolean; toggle: () => void };
  /** More tools, before the fixed ones. */
  tools?: ReactNode;
  /** Where the figures come from; without it the sources of the view. */
  source?: ReactNode;
  /** How often, in words; without it the cadence of the view. */
  cadence?: ReactNode;
  /** More facts for the footer. */
  footer?: ReactNode;
  /** A link to the whole, at the right of the footer. */
  link?: ReactNode;
  /** What the figures mean; without it the summary of the topic. */
  means?: ReactNode;
  /** False: another panel of the page already says that rows are old or partial. */
  alerts?: boolean;
  children: ReactNode | ((rows: R[]) => ReactNode);
}) {
  const id = useId();
  const alone = useFrame()?.panel === (name ?? panelId(title));
  return (
    <section className={`panel ${alone ? 'panel-alone' : ''}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {sentence !== undefined && <p>{typeof sentence === 'string' ? visible(sentence) : sentence}</p>}
        <div className="panel-tools">
          {tools}
          {view && (
            <Popover
              wide
              title={`SQL of ${title}`}
              trigger={
                <IconButton className="tool-sql" label={`Show SQL: ${title}`}>
                  <CodeXml className="icon" aria-hidden />
                </IconButton>
              }
            >
              <TopicSql view={view} />
            </Popover>
          )}
          {asTable && (
            <IconButton
              className="tool-table"
              label={`Show as table: ${title}`}
              aria-pressed={asTable.shown}
              onClick={asTable.toggle}
            >
              <Table2 className="icon" aria-hidden />
            </IconButton>
          )}
          {view && (
            <Popover
              title={title}
              trigger={
                <IconButton className="tool-source" label={`Window, source and age: ${title}`}>
                  <Info className="icon" aria-hidden />
                </IconButton>
              }
            >
              <Provenance view={view} means={means} />
            </Popover>
          )}
        </div>
      </header>
      <div className="panel-alert">{view && alerts && <PanelAlert view={view} />}</div>
      <Body view={view} empty={empty} height={height} flush={flush}>
        {children}
      </Body>
      {(view || source || footer || link) && (
        <footer>
          <span>{source ?? view?.sources}</span>
          {view && <span>{cadence ?? <>every {durationInWords(view.cadenceSeconds)}</>}</span>}
          {view && <ViewAge view={view} />}
          {view?.answer?.status === 'unavailable' && view.answer.sqlstate && <span>{view.answer.sqlstate}</span>}
          {footer}
          {link && <span className="push">{link}</span>}
        </footer>
      )}
    </section>
  );
}

/** The words of a title as an address has them. */
export function panelId(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function Body<R>({
  view,
  empty,
  height,
  flush,
  children,
}: {
  view: TopicView<R> | undefined;
  empty: ((rows: R[]) => Empty | undefined) | undefined;
  height: number;
  flush: boolean | undefined;
  children: ReactNode | ((rows: R[]) => ReactNode);
}) {
  const className = `panel-body ${flush ? 'panel-body-flush' : ''}`;
  if (!view) return <div className={className}>{typeof children === 'function' ? children([]) : children}</div>;
  const { rows, answer } = view;
  if (!rows)
    return answer?.status === 'unavailable' ? (
      <PanelUnavailable view={view} answer={answer} />
    ) : (
      <PanelWaiting height={height} lost={view.lost} />
    );
  const none = empty?.(rows);
  if (none)
    return (
      <div className="panel-message">
        <StateText state={none.state ?? 'ok'}>{none.word}</StateText>
        <p>{none.text}</p>
      </div>
    );
  return <div className={className}>{typeof children === 'function' ? children(rows) : children}</div>;
}

/** When the rows were sampled: an age, and a warning with the time once they are too old. */
export function ViewAge({ view }: { view: TopicView }) {
  if (!view.sampledAt || view.ageSeconds === undefined) return null;
  if (view.at !== null)
    return (
      <span>
        <PastMoment view={view} />
      </span>
    );
  const age = <Age ageSeconds={view.ageSeconds} receivedAt={view.receivedAt} />;
  if (view.answer?.status === 'ok' && view.ageSeconds < Math.max(3 * view.cadenceSeconds, view.cadenceSeconds + 10))
    return <span title="Age of the newest sample">{age}</span>;
  return (
    <StateText state="warning" small>
      <span>
        sampled <Clock at={view.sampledAt} withZone />, {age}
      </span>
    </StateText>
  );
}
