'use client';

import { Download, Search } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { useActionTitles } from '@/components/actions/use-action-titles';
import { runWord } from '@/components/actions/words';
import { visible } from '@/components/ui/highlight';
import { ActionMenu } from '@/components/ui/menu';
import type { RunStatus } from '@/lib/actions/protocol';
import type { AuditAsk } from '@/lib/client/queries';
import { type AuditFilters, exportHref } from './filters';

const settleMs = 300;
const statuses: RunStatus[] = ['done', 'done_with_warnings', 'nothing_done', 'failed', 'cancelled', 'unknown'];

/** The filters of the audit. */
export function AuditFilterBar({
  filters,
  users,
  signIns,
  fleet,
  onChange,
}: {
  filters: AuditFilters;
  /** Who is seen in the entries. */
  users: string[];
  /** Whether what is about no server can be asked for. */
  signIns: boolean;
  /** Whether other instances copy their lines. */
  fleet: boolean;
  onChange: (change: Partial<AuditFilters>) => void;
}) {
  const id = useId();
  const titles = useActionTitles(true);
  const actions = [...titles].toSorted(([, a], [, b]) => a.localeCompare(b));
  const known = new Set(titles.keys());
  const choice = (
    name: 'user' | 'action' | 'status' | 'about' | 'of',
    label: string,
    all: string,
    options: { value: string; text: string }[],
  ) => (
    <select
      className="text-input audit-filter"
      aria-label={label}
      value={filters[name]}
      onChange={(event) => onChange({ [name]: event.target.value })}
    >
      <option value="">{all}</option>
      {filters[name] && !options.some(({ value }) => value === filters[name]) && (
        <option value={filters[name]}>{visible(filters[name])}</option>
      )}
      {options.map(({ value, text }) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
  const day = (name: 'since' | 'until', label: string) => (
    <label htmlFor={`${id}-${name}`} className="audit-day">
      {label}
      <input
        id={`${id}-${name}`}
        type="date"
        className="text-input"
        value={filters[name]}
        onChange={(event) => onChange({ [name]: event.target.value })}
      />
    </label>
  );
  return (
    <search className="filters" aria-label="Entries of the audit">
      <SearchField value={filters.search} onChange={(search) => onChange({ search })} />
      {choice(
        'user',
        'Who',
        'Everybody',
        users.map((user) => ({ value: user, text: visible(user) })),
      )}
      {choice(
        'action',
        'Action',
        'All actions',
        actions.filter(([value]) => known.has(value)).map(([value, text]) => ({ value, text })),
      )}
      {choice(
        'status',
        'Result',
        'All results',
        statuses.map((value) => ({ value, text: runWord(value) })),
      )}
      <span className="audit-days">
        {day('since', 'From')}
        {day('until', 'To')}
      </span>
      {signIns && choice('about', 'About', 'This server', [{ value: 'none', text: 'Sign-ins, and no server' }])}
      {fleet && choice('of', 'Of which pgdeck', 'This pgdeck', [{ value: 'all', text: 'Every pgdeck' }])}
    </search>
  );
}

/** The entries of the filters as a file. */
export function AuditExport({ ask }: { ask: AuditAsk }) {
  return (
    <ActionMenu
      label="Export"
      trigger={
        <button type="button" className="button button-quiet">
          <Download className="icon icon-small" aria-hidden />
          Export
        </button>
      }
      entries={[
        { label: 'As JSON lines', href: exportHref(ask, 'jsonl'), download: 'pgdeck-audit.jsonl' },
        { label: 'As CSV', href: exportHref(ask, 'csv'), download: 'pgdeck-audit.csv' },
      ]}
    />
  );
}

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  // Another page or the back button changed it.
  useEffect(() => setText((mine) => (mine.trim() === value.trim() ? mine : value)), [value]);
  useEffect(() => {
    if (text.trim() === value.trim()) return;
    const timer = setTimeout(() => onChange(text.trim()), settleMs);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <label className="field">
      <Search className="icon icon-small" aria-hidden />
      <span className="visually-hidden">Search in action, target, user, run and SQL</span>
      <input
        type="search"
        value={text}
        maxLength={200}
        placeholder="Target, SQL, run"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}
