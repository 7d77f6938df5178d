'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { CalendarRange, History } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { ActionMenu, type MenuEntry } from '@/components/ui/menu';
import { Popover } from '@/components/ui/popover';
import { Segmented } from '@/components/ui/segmented';
import { changesQuery } from '@/lib/client/history-queries';
import { fromLocalInput, localInput } from '@/lib/client/local-time';
import { ago, zone } from '@/lib/format';
import { changeKinds } from '../changes/kinds';

import {
  type Preset,
  presetLabel,
  presetOf,
  presets,
  type Windows,
  windowBefore,
  windowText,
  wrongWindows,
} from './windows';

const eventsOffered = 12;
const eventRange = { last: 7 * 86_400 };
const around = 1800;

/** Chooses the two windows: presets for A, before and after a change, or times of one's own. */
export function WindowChooser({
  server,
  windows,
  nowSeconds,
  onChange,
}: {
  server: string;
  windows: Windows;
  nowSeconds: number;
  onChange: (windows: Windows) => void;
}) {
  const { b } = windows;
  return (
    <>
      <div className="filters">
        <Segmented<Preset | ''>
          label="Compare with"
          segments={presets.map((value) => ({ value, label: presetLabel(value, b) }))}
          value={presetOf(windows) ?? ''}
          onChange={(preset) => preset !== '' && onChange({ a: windowBefore(preset, b), b })}
        />
        <Around server={server} nowSeconds={nowSeconds} onChange={onChange} />
        <Custom key={JSON.stringify(windows)} windows={windows} nowSeconds={nowSeconds} onChange={onChange} />
      </div>
      <dl className="compare-windows">
        <dt>A</dt>
        <dd>{windowText(windows.a)}</dd>
        <dt>B</dt>
        <dd>
          {windowText(b)} {zone(new Date(b.to * 1000))}
        </dd>
      </dl>
    </>
  );
}

function Around({
  server,
  nowSeconds,
  onChange,
}: {
  server: string;
  nowSeconds: number;
  onChange: (windows: Windows) => void;
}) {
  const { data, failureReason } = useInfiniteQuery({
    ...changesQuery(server, eventRange, null),
    refetchInterval: false,
  });
  const events = data?.pages[0]?.events.slice(0, eventsOffered) ?? [];
  const entries: MenuEntry[] = events.map((event) => {
    const at = Math.round(event.at);
    return {
      label: `${ago(new Date(at * 1000), new Date(nowSeconds * 1000))}: ${event.title}`,
      icon: changeKinds[event.kind].icon,
      onSelect: () =>
        onChange({
          a: { from: at - around, to: at },
          b: { from: at, to: Math.max(at + 60, Math.min(at + around, nowSeconds)) },
        }),
    };
  });
  const none: MenuEntry = {
    label: 'No change',
    off: failureReason
      ? failureReason.message
      : data
        ? 'Nothing changed in the last 7 days.'
        : 'They are being asked for.',
  };
  return (
    <ActionMenu
      label="Before and after a change"
      title="The half hour before a change against the half hour after it"
      entries={entries.length > 0 ? entries : [none]}
      trigger={
        <button type="button" className="button">
          <History className="icon icon-small" aria-hidden />
          Around a change…
        </button>
      }
    />
  );
}

function Custom({
  windows,
  nowSeconds,
  onChange,
}: {
  windows: Windows;
  nowSeconds: number;
  onChange: (windows: Windows) => void;
}) {
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState({
    aFrom: localInput(windows.a.from),
    aTo: localInput(windows.a.to),
    bFrom: localInput(windows.b.from),
    bTo: localInput(windows.b.to),
  });
  const seconds = fromLocalInput;
  const wanted: Windows = {
    a: { from: seconds(typed.aFrom), to: seconds(typed.aTo) },
    b: { from: seconds(typed.bFrom), to: seconds(typed.bTo) },
  };
  const wrong = wrongWindows(wanted, nowSeconds);
  const field = (name: keyof typeof typed, label: string) => (
    <label>
      {label}
      <input
        className="text-input"
        type="datetime-local"
        value={typed[name]}
        aria-describedby="windows-note"
        onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
      />
    </label>
  );
  return (
    <Popover
      title="Windows of your own"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className="button">
          <CalendarRange className="icon icon-small" aria-hidden />
          From and to…
        </button>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (wrong) return;
          setOpen(false);
          onChange(wanted);
        }}
      >
        <div className="compare-custom">
          {field('aFrom', 'A from')}
          {field('aTo', 'A to')}
          {field('bFrom', 'B from')}
          {field('bTo', 'B to')}
        </div>
        <p id="windows-note" className="muted text-xs">
          {wrong ?? zone(new Date(nowSeconds * 1000))}
        </p>
        <div className="actions" style={{ justifyContent: 'flex-end', marginTop: 8 }}>
          <Button type="submit" look="primary" off={wrong}>
            Compare
          </Button>
        </div>
      </form>
    </Popover>
  );
}
