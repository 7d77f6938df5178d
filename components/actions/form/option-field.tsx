'use client';

import { type ReactNode, useId } from 'react';
import type { IndexColumn } from '@/lib/client/maintenance-queries';
import { visible } from '../../ui/highlight';
import type { BoundDraft } from './bound-draft';
import { BoundField } from './bound-field';
import { type Field, rangeWords, type Values } from './schema';

/** A value of a field and how it changes. */
export type Held = { value: unknown; onChange: (value: unknown) => void; wrong: string | undefined };

/** One option of an action as a control with label, meaning and, where it is refused, the reason. */
export function OptionField({
  field,
  value,
  onChange,
  wrong,
  columns,
  tables,
  now,
}: Held & {
  field: Field;
  columns: IndexColumn[] | undefined;
  /** Chooses another table; its value is the OID. */
  tables: (legend: string, onChoose: (oid: number | undefined) => void) => ReactNode;
  /** What it is set to now, where that is known. */
  now?: string | undefined;
}) {
  const id = useId();
  const about = {
    id,
    'aria-describedby': `${id}-hint ${id}-wrong`,
    'aria-invalid': wrong !== undefined || undefined,
    'aria-required': field.required || undefined,
  };
  const text = value === undefined || value === null ? '' : String(value);
  const placeholder = now ?? (field.initial === undefined ? undefined : String(field.initial));
  const hint = hintOf(field);
  const said = (
    <>
      {field.resets && field.kind !== 'switch' && (
        <label className="act-reset">
          <input
            type="checkbox"
            aria-label={`RESET ${field.title}`}
            checked={value === null}
            onChange={(event) => onChange(event.target.checked ? null : undefined)}
          />
          RESET
        </label>
      )}
      {hint && (
        <p id={`${id}-hint`} className="act-hint">
          {hint}
        </p>
      )}
      {wrong && (
        <p id={`${id}-wrong`} className="act-wrong">
          {wrong}
        </p>
      )}
    </>
  );
  const labelled = (control: ReactNode) => (
    <div className="act-field">
      <label htmlFor={id}>{field.title}</label>
      {control}
      {said}
    </div>
  );
  switch (field.kind) {
    case 'check':
      return (
        <div className="act-check">
          <input
            type="checkbox"
            {...about}
            checked={value === undefined ? field.initial === true : value === true}
            onChange={(event) => onChange(event.target.checked)}
          />
          <label htmlFor={id}>{field.title}</label>
          {said}
        </div>
      );
    case 'switch':
      return labelled(
        <select
          {...about}
          className="text-input"
          value={value === null ? 'reset' : text}
          onChange={(event) => onChange(switched[event.target.value])}
        >
          <option value="">
            {field.resets ? `As it is${now === undefined ? '' : `: ${now}`}` : 'Default of the server'}
          </option>
          <option value="true">On</option>
          <option value="false">Off</option>
          {field.resets && <option value="reset">RESET</option>}
        </select>,
      );
    case 'choice':
      return labelled(
        <select
          {...about}
          className="text-input"
          value={text || String(field.initial ?? '')}
          onChange={(event) => onChange(field.values.find((each) => String(each) === event.target.value))}
        >
          {field.initial === undefined && <option value="">{field.required ? 'Choose one' : 'Not given'}</option>}
          {field.values.map((each) => (
            <option key={each} value={String(each)}>
              {String(each)}
            </option>
          ))}
        </select>,
      );
    case 'number':
      return labelled(
        <input
          {...about}
          className="text-input"
          inputMode={field.whole ? 'numeric' : 'decimal'}
          autoComplete="off"
          value={text}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value.trim())}
        />,
      );
    case 'text':
      return labelled(
        <input
          {...about}
          className="text-input"
          dir="auto"
          autoComplete="off"
          spellCheck={false}
          value={text}
          maxLength={field.longest}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value)}
        />,
      );
    case 'many':
      return (
        <PickMany
          legend={field.title}
          said={said}
          about={about['aria-describedby']}
          of={field.values.map((each) => ({ value: each, label: String(each) }))}
          chosen={arrayOf(value ?? field.initial)}
          onChange={onChange}
        />
      );
    case 'attnums':
      if (columns)
        return (
          <PickMany
            legend={field.title}
            said={said}
            about={about['aria-describedby']}
            of={columns.map(({ attnum, name, type }) => ({ value: attnum, label: name, detail: type }))}
            chosen={arrayOf(value ?? field.initial)}
            onChange={onChange}
          />
        );
      return labelled(
        <input
          {...about}
          className="text-input"
          inputMode="numeric"
          value={arrayOf(value).join(', ')}
          onChange={(event) => onChange(numbersOf(event.target.value))}
        />,
      );
    case 'bound':
      return (
        <BoundField
          legend={field.title}
          draft={(value as BoundDraft | undefined) ?? { by: '' }}
          required={field.required}
          said={said}
          about={about['aria-describedby']}
          invalid={wrong !== undefined}
          onChange={onChange}
        />
      );
    case 'table':
      return (
        <fieldset className="act-form act-group">
          <legend>{field.title}</legend>
          {tables(field.title, onChange)}
          {said}
        </fieldset>
      );
    case 'group':
      return (
        <fieldset className="act-form act-group">
          <legend>{field.title}</legend>
          {field.fields.map((inner) => (
            <OptionField
              key={inner.name}
              field={inner}
              value={(value as Values | undefined)?.[inner.name]}
              onChange={(next) => onChange({ ...(value as Values | undefined), [inner.name]: next })}
              wrong={undefined}
              columns={columns}
              tables={tables}
            />
          ))}
          {said}
        </fieldset>
      );
    default:
      return labelled(
        <textarea
          {...about}
          className="text-input"
          spellCheck={false}
          value={typeof value === 'object' ? JSON.stringify(value) : text}
          onChange={(event) => onChange(event.target.value)}
        />,
      );
  }
}

const switched: Record<string, boolean | null | undefined> = { true: true, false: false, reset: null };

const arrayOf = (value: unknown): (string | number)[] => (Array.isArray(value) ? value : []);

const numbersOf = (text: string): number[] =>
  text
    .split(/[\s,]+/)
    .filter((each) => /^\d+$/.test(each))
    .map(Number);

function hintOf(field: Field): string | undefined {
  const range =
    field.kind === 'number' && field.least !== undefined && field.most !== undefined
      ? rangeWords(field.least, field.most)
      : undefined;
  const lines = field.kind === 'lines' ? 'One a line.' : undefined;
  // A table is chosen by name, whatever the API calls it.
  const description = field.kind === 'table' ? undefined : field.description;
  return [description, range, lines].filter(Boolean).join(' ') || undefined;
}

/** Several of a list, as checkboxes; the ones that are chosen keep the order of the list. */
export function PickMany({
  legend,
  of,
  chosen,
  onChange,
  said,
  about,
}: {
  legend: string;
  of: { value: string | number; label: string; detail?: string }[];
  chosen: (string | number)[];
  onChange: (values: (string | number)[]) => void;
  said?: ReactNode;
  about?: string;
}) {
  return (
    <fieldset className="act-field" aria-describedby={about}>
      <legend>{legend}</legend>
      <div className="pick-list pick-list-short">
        {of.map(({ value, label, detail }) => (
          <label key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={(event) => {
                const wanted = event.target.checked ? [...chosen, value] : chosen.filter((each) => each !== value);
                onChange(of.map((each) => each.value).filter((each) => wanted.includes(each)));
              }}
            />
            <span>
              <bdi>{visible(label)}</bdi>
              {detail && <small>{visible(detail)}</small>}
            </span>
          </label>
        ))}
        {of.length === 0 && <p>There is none.</p>}
      </div>
      {said}
    </fieldset>
  );
}
