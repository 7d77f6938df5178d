'use client';

import { type ReactNode, useEffect, useState } from 'react';
import { type Later, useLater } from '@/lib/client/later';

/**
 * Where a chart is drawn whose code is fetched after the page: nothing until that is there; where it does not come, its
 * place says so.
 */
export function FetchedPlot<T extends object>({
  part,
  children,
}: {
  part: Later<T>;
  children: (loaded: T) => ReactNode;
}) {
  const loaded = useLater(part);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    part.bring().then((came) => setMissing(!came));
  }, [part]);
  if (loaded) return children(loaded);
  if (!missing) return null;
  return (
    <div className="chart-missing">
      <p>What draws this chart could not be fetched from pgdeck.</p>
      <button type="button" className="button" onClick={() => location.reload()}>
        Reload the page
      </button>
    </div>
  );
}
