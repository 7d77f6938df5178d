'use client';

import { Plus } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { announce } from '@/lib/client/announce';
import type { IndexForm } from '@/lib/client/maintenance-queries';
import { Button } from '../../ui/button';
import { visible } from '../../ui/highlight';
import { changed, type IndexDraft, moved, partName, takesInclude, withMethod, withPart } from './index-draft';
import { IndexPart } from './index-part';
import { PickMany } from './option-field';

/** The form of an index: columns and expressions in their order, method, INCLUDE, WHERE and name. */
export function IndexFields({
  form,
  draft,
  onChange,
  wrong,
}: {
  form: IndexForm;
  draft: IndexDraft;
  onChange: (draft: IndexDraft) => void;
  /** What is refused, by option. */
  wrong: (option: string) => string | undefined;
}) {
  const id = useId();
  const [adding, setAdding] = useState('');
  const parts = useRef<HTMLOListElement>(null);
  const adder = useRef<HTMLSelectElement>(null);
  const refocus = useRef<{ key: number; how: string }>(undefined);
  // A row that moved in the page has lost the focus: it gets it back where it was.
  useEffect(() => {
    const wanted = refocus.current;
    refocus.current = undefined;
    if (!wanted) return;
    parts.current?.querySelector<HTMLElement>(`[data-part="${wanted.key}"] ${wanted.how}`)?.focus();
  });

  const used = new Set(draft.columns.map((part) => part.attnum));
  const free = form.columns.filter(
    ({ attnum, opclasses }) => !used.has(attnum) && opclasses.some((each) => each.method === draft.method),
  );
  const wanted = free.find(({ attnum }) => String(attnum) === adding) ?? free[0];
  const addColumn = () => {
    if (!wanted) return;
    onChange(withPart(draft, { attnum: wanted.attnum }));
    announce(`${wanted.name} added as column ${draft.columns.length + 1}.`);
    setAdding('');
    adder.current?.focus();
  };
  const addExpression = () => {
    const next = withPart(draft, { expression: '' });
    const key = next.columns.at(-1)?.key;
    if (key !== undefined) refocus.current = { key, how: 'input' };
    onChange(next);
  };
  const move = (key: number, by: -1 | 1) => {
    const next = moved(draft, key, by);
    if (next === draft) return;
    const within = document.activeElement?.closest<HTMLElement>('[data-move]')?.dataset.move;
    refocus.current = { key, how: within ? `[data-move="${within}"]` : 'select, input, button' };
    const place = next.columns.findIndex((part) => part.key === key) + 1;
    const part = next.columns[place - 1];
    if (part) announce(`${partName(part, form, place)} is now column ${place} of ${next.columns.length}.`);
    onChange(next);
  };
  const remove = (key: number) => {
    const at = draft.columns.findIndex((part) => part.key === key);
    const next = draft.columns[at + 1] ?? draft.columns[at - 1];
    if (next) refocus.current = { key: next.key, how: 'button:last-of-type' };
    else adder.current?.focus();
    onChange({ ...draft, columns: draft.columns.filter((part) => part.key !== key) });
  };
  const said = (option: string) =>
    wrong(option) && (
      <p id={`${id}-${option}-wrong`} className="act-wrong" role="alert">
        {wrong(option)}
      </p>
    );
  const about = (option: string) => ({
    'aria-describedby': `${id}-${option}-hint ${id}-${option}-wrong`,
    'aria-invalid': wrong(option) !== undefined || undefined,
  });

  return (
    <>
      <fieldset className="act-field" {...about('columns')}>
        <legend>Columns, in the order of the index</legend>
        {draft.columns.length > 0 && (
          <ol className="index-parts" ref={parts} aria-label="Columns of the index">
            {draft.columns.map((part, at) => (
              <IndexPart
                key={part.key}
                part={part}
                place={at + 1}
                count={draft.columns.length}
                form={form}
                method={draft.method}
                onChange={(change) => onChange(changed(draft, part.key, change))}
                onMove={(by) => move(part.key, by)}
                onRemove={() => remove(part.key)}
              />
            ))}
          </ol>
        )}
        <div className="index-add mt-1.5">
          <select
            ref={adder}
            className="text-input"
            aria-label="Column to add"
            value={wanted ? String(wanted.attnum) : ''}
            onChange={(event) => setAdding(event.target.value)}
          >
            {free.length === 0 && <option value="">No other column</option>}
            {free.map(({ attnum, name, type }) => (
              <option key={attnum} value={attnum}>
                {visible(name)} ({visible(type)})
              </option>
            ))}
          </select>
          <Button onClick={addColumn} off={!wanted && `No other column can be in an index of method ${draft.method}.`}>
            <Plus className="icon icon-small" aria-hidden />
            Add column
          </Button>
          <Button onClick={addExpression}>
            <Plus className="icon icon-small" aria-hidden />
            Add expression
          </Button>
        </div>
        <p id={`${id}-columns-hint`} className="act-hint">
          Alt with the up or down arrow moves a column.
        </p>
        {said('columns')}
      </fieldset>
      <div className="act-pair">
        <div className="act-field">
          <label htmlFor={`${id}-method`}>Method</label>
          <select
            id={`${id}-method`}
            className="text-input"
            {...about('method')}
            value={draft.method}
            onChange={(event) => onChange(withMethod(draft, event.target.value))}
          >
            {form.methods.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
          {said('method')}
        </div>
        <div className="act-field">
          <label htmlFor={`${id}-name`}>Name</label>
          <input
            id={`${id}-name`}
            className="text-input"
            dir="auto"
            autoComplete="off"
            spellCheck={false}
            {...about('name')}
            value={draft.name}
            placeholder="made from table and columns"
            onChange={(event) => onChange({ ...draft, name: event.target.value })}
          />
          {said('name')}
        </div>
      </div>
      {draft.method === 'btree' && (
        <div className="act-check">
          <input
            id={`${id}-unique`}
            type="checkbox"
            {...about('unique')}
            checked={draft.unique}
            onChange={(event) => onChange({ ...draft, unique: event.target.checked })}
          />
          <label htmlFor={`${id}-unique`}>Unique</label>
          <p id={`${id}-unique-hint`} className="act-hint">
            Two rows with the same values make the build fail and leave an invalid index behind.
          </p>
          {said('unique')}
        </div>
      )}
      <div className="act-field">
        <label htmlFor={`${id}-where`}>Only rows where</label>
        <input
          id={`${id}-where`}
          className="text-input mono"
          autoComplete="off"
          spellCheck={false}
          {...about('where')}
          value={draft.where}
          placeholder="status = 'open'"
          onChange={(event) => onChange({ ...draft, where: event.target.value })}
        />
        <p id={`${id}-where-hint`} className="act-hint">
          One condition in SQL; empty for all rows.
        </p>
        {said('where')}
      </div>
      {takesInclude(draft.method) && (
        <PickMany
          legend="Also carries (INCLUDE)"
          of={form.columns
            .filter(({ attnum }) => !used.has(attnum))
            .map(({ attnum, name, type }) => ({ value: attnum, label: name, detail: type }))}
          chosen={draft.include}
          onChange={(include) => onChange({ ...draft, include: include as number[] })}
          said={said('include')}
          about={`${id}-include-wrong`}
        />
      )}
    </>
  );
}
