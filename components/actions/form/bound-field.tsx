'use client';

import { type ReactNode, useId } from 'react';
import type { BoundDraft } from './bound-draft';

const kinds: { value: BoundDraft['by']; label: string }[] = [
  { value: 'range', label: 'Range: from one value up to another' },
  { value: 'list', label: 'List: exactly these values' },
  { value: 'hash', label: 'Hash: a remainder of a modulus' },
  { value: 'default', label: 'Default: what no other partition takes' },
];

/** The rows that a partition takes: kind of bound and its values. */
export function BoundField({
  legend,
  draft,
  required,
  said,
  about,
  invalid,
  onChange,
}: {
  legend: string;
  draft: BoundDraft;
  required: boolean;
  said: ReactNode;
  about: string;
  invalid: boolean;
  onChange: (draft: BoundDraft) => void;
}) {
  const id = useId();
  const value = (name: Exclude<keyof BoundDraft, 'by'>, label: string, lines: boolean) => {
    const common = {
      id: `${id}-${name}`,
      className: lines ? 'text-input act-lines' : 'text-input',
      spellCheck: false,
      autoComplete: 'off',
      'aria-describedby': about,
      value: draft[name] ?? '',
    };
    const change = (text: string) => onChange({ ...draft, [name]: text });
    return (
      <div className="act-field">
        <label htmlFor={common.id}>{label}</label>
        {lines ? (
          <textarea {...common} rows={name === 'values' ? 4 : 1} onChange={(event) => change(event.target.value)} />
        ) : (
          <input {...common} inputMode="numeric" onChange={(event) => change(event.target.value.trim())} />
        )}
      </div>
    );
  };
  return (
    <fieldset className="act-field" aria-describedby={about}>
      <legend>{legend}</legend>
      <select
        className="text-input"
        aria-label={`${legend}: kind`}
        aria-invalid={invalid || undefined}
        value={draft.by}
        onChange={(event) => onChange({ ...draft, by: event.target.value as BoundDraft['by'] })}
      >
        <option value="">{required ? 'Choose one' : 'Not given'}</option>
        {kinds.map((kind) => (
          <option key={kind.value} value={kind.value}>
            {kind.label}
          </option>
        ))}
      </select>
      {draft.by === 'range' && (
        <div className="act-pair mt-1.5">
          {value('from', 'From', true)}
          {value('to', 'Up to, and without', true)}
        </div>
      )}
      {draft.by === 'list' && <div className="mt-1.5">{value('values', 'Values', true)}</div>}
      {draft.by === 'hash' && (
        <div className="act-pair mt-1.5">
          {value('modulus', 'Modulus', false)}
          {value('remainder', 'Remainder', false)}
        </div>
      )}
      {(draft.by === 'range' || draft.by === 'list') && (
        <p className="act-hint">
          {draft.by === 'range'
            ? 'A line for each key column; MINVALUE and MAXVALUE as such.'
            : 'One value a line; NULL as such.'}
        </p>
      )}
      {said}
    </fieldset>
  );
}
