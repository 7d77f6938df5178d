import type { CSSProperties } from 'react';
import { sizeParts } from './parts';

/** What the colours of size bars mean. */
export function PartsLegend() {
  return sizeParts.map(({ column, label, color }) => (
    <span key={column} className="wait">
      <span className="swatch" style={{ '--series': color } as CSSProperties} />
      {label}
    </span>
  ));
}
