'use client';

import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import type { RelationFit } from '@/lib/actions/fits';
import type { TargetKind } from '@/lib/actions/target';
import { choicesQuery, type TargetChoice } from '@/lib/client/maintenance-queries';
import type { ServerSummary } from '@/lib/client/shapes';
import { visible } from '../../ui/highlight';
import { withArticle } from '../words';

const debounceMs = 250;

/** Kinds that live in one database. */
const ofDatabase = new Set<TargetKind>(['relation', 'index', 'constraint', 'statistics', 'extension']);

/** What a kind of target is called. */
export const kindWords: Record<TargetKind, string> = {
  backend: 'session',
  backends: 'sessions',
  relation: 'table',
  index: 'index',
  constraint: 'constraint',
  statistics: 'statistics object',
  database: 'database',
  server: 'server',
  setting: 'setting',
  extension: 'extension',
  slot: 'replication slot',
  prepared: 'prepared transaction',
  statement: 'statement',
  run: 'run',
  pgbouncer: 'PgBouncer',
  'pgbouncer-database': 'database of PgBouncer',
};

/** Chooses what an action is done to: the kind where there are several, the database, a search and what it finds. */
export function TargetField({
  server,
  summary,
  kinds,
  chosen,
  wrong,
  database: home,
  fit,
  called,
  fixedDatabase = false,
  onChoose,
}: {
  server: string;
  summary: ServerSummary | undefined;
  kinds: TargetKind[];
  chosen: TargetChoice | undefined;
  wrong: string | undefined;
  /** The database of the page. */
  database: string | null;
  /** Which relations fit the action. */
  fit?: RelationFit | undefined;
  /** What it is called, where that is not the kind's own name. */
  called?: string;
  /** True: only the database of the page is searched. */
  fixedDatabase?: boolean;
  onChoose: (choice: TargetChoice | undefined) => void;
}) {
  const id = useId();
  const [kind, setKind] = useState(kinds[0] ?? 'relation');
  const [database, setDatabase] = useState(home ?? summary?.database ?? summary?.databases[0] ?? '');
  const [typed, setTyped] = useState('');
  const search = useDebounced(typed.trim().toLowerCase());
  const query = useQuery(choicesQuery(server, { kind, database, search, ...(kind === 'relation' && fit) }));
  const words = called ?? (kind === 'relation' ? relationWords(fit) : kindWords[kind]);
  const asksDatabase = ofDatabase.has(kind) && !fixedDatabase;
  const choices = query.data?.choices;
  return (
    <>
      {(kinds.length > 1 || asksDatabase) && (
        <div className="act-pair">
          {kinds.length > 1 && (
            <div className="act-field">
              <label htmlFor={`${id}-kind`}>Done to</label>
              <select
                id={`${id}-kind`}
                className="text-input"
                value={kind}
                onChange={(event) => {
                  setKind(event.target.value as TargetKind);
                  onChoose(undefined);
                }}
              >
                {kinds.map((each) => (
                  <option key={each} value={each}>
                    {kindWords[each]}
                  </option>
                ))}
              </select>
            </div>
          )}
          {asksDatabase && (
            <div className="act-field">
              <label htmlFor={`${id}-database`}>Database</label>
              <select
                id={`${id}-database`}
                className="text-input"
                value={database}
                onChange={(event) => {
                  setDatabase(event.target.value);
                  onChoose(undefined);
                }}
              >
                {(summary?.databases ?? [database]).map((each) => (
                  <option key={each} value={each}>
                    {visible(each)}
                  </option>
                ))}
              </select>
            </div>
          )}
        </div>
      )}
      <div className="act-field">
        <label htmlFor={`${id}-search`}>Search for {withArticle(words)}</label>
        <input
          id={`${id}-search`}
          className="text-input"
          type="search"
          autoComplete="off"
          spellCheck={false}
          dir="auto"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          aria-describedby={`${id}-found ${id}-wrong`}
        />
      </div>
      <fieldset className="act-field" aria-describedby={`${id}-found ${id}-wrong`}>
        <legend className="visually-hidden">Choose {withArticle(words)}</legend>
        <div className="pick-list">
          {choices?.map((choice) => {
            const key = JSON.stringify(choice.target);
            return (
              <label key={key}>
                <input
                  type="radio"
                  name={`${id}-target`}
                  checked={chosen !== undefined && JSON.stringify(chosen.target) === key}
                  onChange={() => onChoose(choice)}
                />
                <span>
                  <bdi>{visible(choice.label)}</bdi>
                  {choice.detail && <small>{visible(choice.detail)}</small>}
                </span>
              </label>
            );
          })}
          {choices?.length === 0 && <p>{search ? `No ${words} contains this.` : `There is no ${words}.`}</p>}
          {!choices && <p aria-busy={query.isFetching}>{query.failureReason?.message ?? 'The server is asked.'}</p>}
        </div>
        <p id={`${id}-found`} className="act-hint" role="status">
          {foundWords(choices?.length, words)}
        </p>
        {wrong && (
          <p id={`${id}-wrong`} className="act-wrong">
            {wrong}
          </p>
        )}
      </fieldset>
    </>
  );
}

/** What the relations that fit are called. */
function relationWords(fit: RelationFit | undefined): string {
  if (fit?.partition) return 'partition';
  return fit?.relkinds === 'S' ? 'sequence' : fit?.relkinds === 'p' ? 'partitioned table' : 'table';
}

function foundWords(count: number | undefined, words: string): string {
  if (count === undefined) return '\u00a0';
  if (count >= 50) return 'The first 50; type more of the name to see others.';
  return `${count} found${count > 0 ? `; choose the ${words} with the arrow keys` : ''}.`;
}

function useDebounced(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), debounceMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
