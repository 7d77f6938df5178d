'use client';

import { Braces, CalendarRange, Download, ZoomOut } from 'lucide-react';
import { useState } from 'react';
import { endsOf, type SeriesOf } from '@/lib/client/history-queries';
import type { Range } from '@/lib/client/queries';
import { zoomedOut } from '@/lib/client/range';
import { withQuery } from '@/lib/client/request';
import { useRange } from '@/lib/client/url-state';
import { Dialog } from '../ui/dialog';
import { ActionMenu } from '../ui/menu';
import { SpanForm } from '../ui/span-form';

/** The points that a chart shows, as a file. */
function fileHref(
  server: string,
  series: string,
  of: SeriesOf,
  range: Range,
  step: number | undefined,
  format: string,
) {
  const { from, to } = endsOf(range);
  const path = `/api/servers/${encodeURIComponent(server)}/series/${encodeURIComponent(series)}`;
  return withQuery(path, { ...of, from, to, step, format });
}

/** What can be done with a chart: set its time without dragging, zoom out, save its points. */
export function ChartMenu({
  title,
  server,
  series,
  of = {},
  step,
}: {
  title: string;
  server: string;
  series: string;
  of?: SeriesOf;
  /** The step of the points that are shown, in seconds. */
  step: number | undefined;
}) {
  const [range, setRange] = useRange();
  const [setting, setSetting] = useState(false);
  const file = (format: 'csv' | 'json') => ({
    href: fileHref(server, series, of, range, step, format),
    download: `pgdeck-${server}-${series}.${format}`,
  });
  return (
    <>
      <ActionMenu
        label={`Time and files: ${title}`}
        title={<b>{title}</b>}
        entries={() => [
          { label: 'Set from and to…', icon: CalendarRange, onSelect: () => setSetting(true) },
          {
            label: 'Zoom out',
            icon: ZoomOut,
            onSelect: () => setRange(zoomedOut(range, Date.now() / 1000)),
          },
          'separator',
          { label: 'Save as CSV', icon: Download, ...file('csv') },
          { label: 'Save as JSON', icon: Braces, ...file('json') },
        ]}
      />
      <SpanDialog open={setting} onOpenChange={setSetting} />
    </>
  );
}

function SpanDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [range, setRange] = useRange();
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Time of the charts"
      lead="All charts of the page show this time; it goes along to other pages."
    >
      {open && (
        <SpanForm
          initial={endsOf(range)}
          onChoose={(span) => {
            setRange(span);
            onOpenChange(false);
          }}
        />
      )}
    </Dialog>
  );
}

/** In the footer of a chart: the two ways to zoom. */
export function ZoomHint() {
  const [setting, setSetting] = useState(false);
  return (
    <span className="zoom-hint">
      <span className="zoom-words">Drag or </span>
      <button type="button" onClick={() => setSetting(true)}>
        set from and to
      </button>
      <span className="zoom-words"> to zoom</span>
      <SpanDialog open={setting} onOpenChange={setSetting} />
    </span>
  );
}
