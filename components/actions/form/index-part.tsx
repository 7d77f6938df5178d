'use client';

import { ArrowDown, ArrowUp, X } from 'lucide-react';
import type { IndexForm } from '@/lib/client/maintenance-queries';
import { IconButton } from '../../ui/button';
import { visible } from '../../ui/highlight';
import { columnOf, type Part, partName } from './index-draft';

/** One column or expression of an index: its place, order, NULLs and operator class, each to be changed by keyboard. */
export function IndexPart({
  part,
  place,
  count,
  form,
  method,
  onChange,
  onMove,
  onRemove,
}: {
  part: Part;
  /** From 1. */
  place: number;
  count: number;
  form: IndexForm;
  method: string;
  onChange: (change: Partial<Part>) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}) {
  const column = columnOf(part.attnum, form);
  const name = visible(partName(part, form, place));
  const classes = column?.opclasses.filter((each) => each.method === method) ?? [];
  const choices = classes.filter((each) => !each.isDefault);
  const ownClass = classes.find((each) => each.isDefault);
  return (
    <li
      data-part={part.key}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : undefined;
        if (!event.altKey || by === undefined) return;
        event.preventDefault();
        onMove(by);
      }}
    >
      <span className="muted">{place}</span>
      {part.attnum === undefined ? (
        <input
          className="text-input mono"
          aria-label={`Expression ${place}`}
          placeholder="lower(email)"
          spellCheck={false}
          autoComplete="off"
          value={part.expression ?? ''}
          onChange={(event) => onChange({ expression: event.target.value })}
        />
      ) : (
        <span className="part-name">
          <bdi>
            <b>{name}</b>
          </bdi>{' '}
          {column && <span className="muted">{visible(column.type)}</span>}
        </span>
      )}
      <span>
        <IconButton label={`Move ${name} up`} data-move="up" aria-disabled={place === 1} onClick={() => onMove(-1)}>
          <ArrowUp className="icon icon-small" aria-hidden />
        </IconButton>
        <IconButton
          label={`Move ${name} down`}
          data-move="down"
          aria-disabled={place === count}
          onClick={() => onMove(1)}
        >
          <ArrowDown className="icon icon-small" aria-hidden />
        </IconButton>
        <IconButton label={`Remove ${name}`} onClick={onRemove}>
          <X className="icon icon-small" aria-hidden />
        </IconButton>
      </span>
      {(method === 'btree' || choices.length > 0) && (
        <span className="part-how">
          {method === 'btree' && (
            <>
              <select
                className="text-input"
                aria-label={`Order of ${name}`}
                value={part.order ?? 'asc'}
                onChange={(event) => onChange({ order: event.target.value as 'asc' | 'desc' })}
              >
                <option value="asc">Ascending</option>
                <option value="desc">Descending</option>
              </select>
              <select
                className="text-input"
                aria-label={`NULLs of ${name}`}
                value={part.nulls ?? (part.order === 'desc' ? 'first' : 'last')}
                onChange={(event) => onChange({ nulls: event.target.value as 'first' | 'last' })}
              >
                <option value="last">NULLs last</option>
                <option value="first">NULLs first</option>
              </select>
            </>
          )}
          {choices.length > 0 && (
            <select
              className="text-input"
              aria-label={`Operator class of ${name}`}
              value={part.opclass ?? ''}
              onChange={(event) =>
                onChange({
                  opclass: event.target.value === '' ? undefined : Number(event.target.value),
                } as Partial<Part>)
              }
            >
              <option value="">{ownClass ? `${ownClass.name} (default)` : 'Default operators'}</option>
              {choices.map((each) => (
                <option key={each.oid} value={each.oid}>
                  {visible(each.name)}
                </option>
              ))}
            </select>
          )}
        </span>
      )}
    </li>
  );
}
