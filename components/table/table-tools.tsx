'use client';

import { Menu } from '@base-ui/react/menu';
import { Check, Columns3, Download, ListFilter } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { announce } from '@/lib/client/announce';
import { useFilter } from '@/lib/client/url-state';
import { plural } from '@/lib/format';
import type { Column } from './column';
import { download, toCsv } from './csv';

/** A field that filters rows by words; the words stand in the URL. */
export function FilterField({ placeholder, found }: { placeholder: string; found?: number }) {
  const [filter, setFilter] = useFilter();
  const [text, setText] = useState(filter.text);
  // Another page or the back button changed it.
  useEffect(() => setText((mine) => (mine.trim() === filter.text ? mine : filter.text)), [filter.text]);
  useEffect(() => {
    if (!filter.text || found === undefined) return;
    const timer = setTimeout(() => announce(`${plural(found, 'row')} found.`), 800);
    return () => clearTimeout(timer);
  }, [filter.text, found]);
  return (
    <label className="field">
      <ListFilter className="icon icon-small" aria-hidden />
      <span className="visually-hidden">Filter by {placeholder}</span>
      <input
        type="search"
        value={text}
        placeholder={placeholder}
        onChange={(event) => {
          setText(event.target.value);
          setFilter({ ...filter, text: event.target.value });
        }}
        spellCheck={false}
        autoComplete="off"
      />
    </label>
  );
}

/** Which columns are shown, and the rows as CSV. */
export function TableTools<R>({
  id,
  caption,
  columns,
  hidden,
  onHidden,
  rows,
}: {
  id: string;
  caption: string;
  columns: Column<R>[];
  hidden: Set<string>;
  onHidden: (hidden: string[]) => void;
  /** The rows as they are sorted and filtered now. */
  rows: () => R[];
}) {
  const shown = columns.filter((column) => !hidden.has(column.id));
  const save = () => {
    const time = new Date().toISOString().slice(0, 19).replaceAll(':', '');
    download(`pgdeck-${id}-${time}Z.csv`, toCsv(shown, rows()));
    announce(`${caption} saved as CSV.`);
  };
  return (
    <>
      <Menu.Root modal={false}>
        <Menu.Trigger className="icon-button" aria-label={`Columns: ${caption}`} title="Columns">
          <Columns3 className="icon" aria-hidden />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="popup-layer" align="end" sideOffset={4} collisionPadding={8}>
            <Menu.Popup className="popup menu" aria-label={`Columns of ${caption}`}>
              {columns.map((column, index) => (
                <Menu.CheckboxItem
                  key={column.id}
                  className="menu-item"
                  checked={!hidden.has(column.id)}
                  disabled={index === 0}
                  closeOnClick={false}
                  onCheckedChange={(checked) => {
                    const next = new Set(hidden);
                    if (checked) next.delete(column.id);
                    else next.add(column.id);
                    onHidden([...next]);
                  }}
                >
                  <Menu.CheckboxItemIndicator render={<Check className="icon icon-small" aria-hidden />} />
                  <span style={{ gridColumn: 2 }}>
                    {column.header}
                    {column.unit && <span className="muted"> {column.unit}</span>}
                  </span>
                </Menu.CheckboxItem>
              ))}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <IconButton className="tool-files" label={`Save as CSV: ${caption}`} onClick={save}>
        <Download className="icon" aria-hidden />
      </IconButton>
    </>
  );
}
