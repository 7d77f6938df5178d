import { Pause, Play, PlugZap, RefreshCw, Skull } from 'lucide-react';
import type { MenuEntry } from '@/components/ui/menu';
import type { PreviewBody } from '@/lib/actions/protocol';

/** Opens the preview of an action. */
type Preview = (body: PreviewBody) => void;

type Offer = { label: string; icon: typeof Pause; action: string; off?: string | undefined; danger?: boolean };

function entry(
  { label, icon, action, off, danger }: Offer,
  target: PreviewBody['target'],
  preview: Preview,
): MenuEntry {
  const body = { action, target } as PreviewBody;
  return { label, icon, acts: body, off, ...(danger && { danger: !off }), onSelect: () => preview(body) };
}

/** What can be done to a database of PgBouncer; each is previewed first. */
export function databaseMenu(
  { name, paused }: { name: string; paused: boolean | null },
  preview: Preview,
): MenuEntry[] {
  const target = { kind: 'pgbouncer-database' as const, name };
  const one = (offer: Offer) => entry(offer, target, preview);
  return [
    one({
      label: `Pause ${name}…`,
      icon: Pause,
      action: 'pgbouncer-pause',
      off: paused ? 'It is paused already.' : undefined,
    }),
    one({
      label: `Resume ${name}…`,
      icon: Play,
      action: 'pgbouncer-resume',
      off: paused === false ? 'It is not paused.' : undefined,
    }),
    one({ label: `Reconnect ${name}…`, icon: PlugZap, action: 'pgbouncer-reconnect' }),
    'separator',
    one({ label: `Kill ${name}…`, icon: Skull, action: 'pgbouncer-kill', danger: true }),
  ];
}

/** What can be done to PgBouncer as a whole. */
export function wholeMenu(preview: Preview): MenuEntry[] {
  const one = (offer: Offer) => entry(offer, { kind: 'pgbouncer' }, preview);
  return [
    one({ label: 'Pause all databases…', icon: Pause, action: 'pgbouncer-pause' }),
    one({ label: 'Resume all databases…', icon: Play, action: 'pgbouncer-resume' }),
    one({ label: 'Reconnect all databases…', icon: PlugZap, action: 'pgbouncer-reconnect' }),
    one({ label: 'Reload its settings…', icon: RefreshCw, action: 'pgbouncer-reload' }),
  ];
}
