import { type ColumnLook, waitColor, waitLooks } from '@/components/charts/look';
import type { SeriesAnswer } from '@/lib/client/shapes';

/** How much of a class's colour its first, second … event keeps; the rest is the ground. */
const shades = [100, 72, 50, 34, 22];

/** The wait class of a wait event as load keys it (`Lock:transactionid`, `CPU`). */
export function classOf(wait: string): string {
  const name = wait.split(':')[0]?.toLowerCase() ?? '';
  return waitLooks.some(({ column }) => column === name) ? name : 'other';
}

/** A wait event as it is read: `Lock: transactionid`, `CPU`. */
export function waitText(wait: string): string {
  const at = wait.indexOf(':');
  return at < 0 ? wait : `${wait.slice(0, at)}: ${wait.slice(at + 1)}`;
}

/** How wait events are drawn: in the order and the colour of their classes, each in a shade of its own. */
export function eventLooks(series: SeriesAnswer | undefined): ColumnLook[] {
  const columns = series?.columns ?? [];
  const text = (column: string) => series?.labels?.[column] ?? column;
  return waitLooks.flatMap(({ column: wanted }) =>
    columns
      .filter((column) => classOf(text(column)) === wanted)
      .map((column, at) => {
        const color = waitColor(wanted);
        const share = shades[Math.min(at, shades.length - 1)];
        return {
          column,
          label: column === 'other' ? 'Other events' : waitText(text(column)),
          color: at === 0 ? color : `color-mix(in oklab, ${color} ${share}%, var(--surface))`,
        };
      }),
  );
}
