'use client';

import '../actions.css';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef } from 'react';
import type { ActionDescription } from '@/lib/actions/protocol';
import { indexFormQuery } from '@/lib/client/maintenance-queries';
import type { RequestError } from '@/lib/client/request';
import type { ServerSummary } from '@/lib/client/shapes';
import { visible } from '../../ui/highlight';
import { Note } from '../../ui/note';
import { Failure } from '../failure';
import { choosable, choosableKinds, type Draft, groups, targetOf, type Wrong } from './draft';
import { indexDraft } from './index-draft';
import { IndexFields } from './index-form';
import { OptionField } from './option-field';
import { parameterOf, parametersWords } from './parameters';
import { type Field, fieldsOf, optionOf, saidAtField } from './schema';
import { TableField } from './table-field';
import { kindWords, TargetField } from './target-field';

/**
 * The form of an action: which, done to what, and its options from their schema; an index has a form of its own.
 * `fixed`: action and target are given and only shown.
 */
export function ActionForm({
  id: formId,
  server,
  summary,
  actions,
  draft,
  fixed,
  wrong,
  error,
  database,
  onChange,
  onSubmit,
}: {
  id: string;
  server: string;
  summary: ServerSummary | undefined;
  actions: ActionDescription[];
  draft: Draft;
  fixed: boolean;
  /** What is wrong, once it was tried. */
  wrong: Wrong[];
  /** What the server refused. */
  error: RequestError | null;
  /** The database of the page. */
  database: string | null;
  onChange: (draft: Draft) => void;
  onSubmit: () => void;
}) {
  const id = useId();
  const action = actions.find((each) => each.id === draft.action);
  const kinds = choosableKinds(action);
  const target = targetOf(draft, action);
  const fields = fieldsOf(action?.options);
  const relation = target?.target.kind === 'relation' ? target.target : undefined;
  const isIndex = action?.id === 'create-index';
  // Numbers of columns are those of one table.
  const ofColumns = isIndex || fields.some((field) => field.kind === 'attnums');
  const resets = fields.some((field) => field.resets);
  const form = useQuery({
    ...indexFormQuery(server, { database: relation?.database ?? '', oid: relation?.oid ?? 0 }),
    enabled: relation !== undefined && (ofColumns || resets),
  });
  const refusedField = optionOf(error?.field);
  const atField = (name: string) =>
    wrong.find((each) => each.field === name)?.message ??
    (error && refusedField === name ? saidAtField(error) : undefined);
  const shownAtField = refusedField !== undefined && (isIndex || fields.some(({ name }) => name === refusedField));
  const setValue = (name: string, value: unknown) => onChange({ ...draft, values: { ...draft.values, [name]: value } });
  const offered = choosable(actions);
  const ofToast = ({ name }: Field) => name.startsWith('toast.');
  const toast = fields.filter(ofToast);
  const own = fields.filter((field) => !ofToast(field));
  const option = (field: Field) => (
    <OptionField
      key={field.name}
      field={field}
      value={draft.values[field.name]}
      onChange={(value) => setValue(field.name, value)}
      wrong={atField(field.name)}
      columns={form.data?.columns}
      now={parameterOf(form.data?.parameters, field.name)}
      tables={(legend, onChoose) => (
        <TableField
          server={server}
          summary={summary}
          legend={legend}
          database={target?.target.kind === 'relation' ? target.target.database : database}
          onChoose={onChoose}
        />
      )}
    />
  );
  // Fields that arrive later take the focus that waited for them, and none that is already in the form.
  const element = useRef<HTMLFormElement>(null);
  const arrived = `${fixed && action?.id} ${isIndex && form.data !== undefined}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when other fields are there
  useEffect(() => {
    const dialog = element.current?.closest('[role="dialog"]');
    const active = document.activeElement;
    const waits = !active || active === document.body || dialog?.contains(active);
    if (waits && !active?.matches(fieldSelector)) element.current?.querySelector<HTMLElement>(fieldSelector)?.focus();
  }, [arrived]);
  return (
    <form
      ref={element}
      id={formId}
      className="act-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {error && !shownAtField && <Failure title="No preview." error={error} />}
      {fixed
        ? target && (
            <dl className="facts">
              <dt>{kindWords[target.target.kind].replace(/^./, (first) => first.toUpperCase())}</dt>
              <dd>
                <bdi>{visible(target.label)}</bdi>
                {target.detail && <span className="muted"> {visible(target.detail)}</span>}
              </dd>
            </dl>
          )
        : null}
      {!fixed && (
        <div className="act-field">
          <label htmlFor={`${id}-action`}>Action</label>
          <select
            id={`${id}-action`}
            className="text-input"
            value={draft.action}
            aria-describedby={`${id}-summary`}
            aria-invalid={atField('action') !== undefined || undefined}
            onChange={(event) => onChange({ action: event.target.value, target: undefined, values: {} })}
          >
            <option value="">Choose one</option>
            {groups.map(({ group, title }) => {
              const some = offered.filter((each) => each.group === group);
              return (
                some.length > 0 && (
                  <optgroup key={group} label={title}>
                    {some.map((each) => (
                      <option key={each.id} value={each.id}>
                        {each.title}
                      </option>
                    ))}
                  </optgroup>
                )
              );
            })}
          </select>
          <p id={`${id}-summary`} className="act-hint">
            {action ? `${action.summary} Needs ${lowerFirst(action.rights)}` : '\u00a0'}
          </p>
          {atField('action') && <p className="act-wrong">{atField('action')}</p>}
        </div>
      )}
      {!fixed && action && kinds.some((kind) => kind !== 'server') && (
        <TargetField
          key={action.id}
          server={server}
          summary={summary}
          kinds={kinds}
          chosen={draft.target}
          wrong={atField('target')}
          database={database}
          fit={action.relations}
          onChoose={(choice) => onChange({ ...draft, target: choice, values: ofColumns ? {} : draft.values })}
        />
      )}
      {isIndex
        ? relation &&
          (form.data ? (
            <IndexFields
              form={form.data}
              draft={indexDraft(draft.values)}
              onChange={(values) => onChange({ ...draft, values })}
              wrong={atField}
            />
          ) : form.failureReason ? (
            <Note state="critical" role="alert">
              <p>
                <b>Its columns are not known.</b> {form.failureReason.message}
              </p>
            </Note>
          ) : (
            <div className="panel-waiting" style={{ height: 240 }} aria-busy="true" />
          ))
        : (target || fixed) && (
            <>
              {resets && form.data && <p className="act-hint">{parametersWords(form.data.parameters)}</p>}
              <div className={fields.length > many ? 'act-options' : 'act-form'}>{own.map(option)}</div>
              {toast.length > 0 && (
                <details className="act-more" open={toast.some(({ name }) => atField(name) || name in draft.values)}>
                  <summary>The same for its TOAST table</summary>
                  <div className="act-options">{toast.map(option)}</div>
                </details>
              )}
            </>
          )}
    </form>
  );
}

/** From so many options on they stand in two columns. */
const many = 10;

const fieldSelector = 'input, select, textarea';

const lowerFirst = (text: string) => (/^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text);
