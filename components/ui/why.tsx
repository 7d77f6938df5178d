'use client';

import { Popover as Base } from '@base-ui/react/popover';
import { type ReactNode, useState } from 'react';
import type { TopicView } from '@/lib/client/use-topic';
import { Button } from './button';
import { Provenance, TopicSql } from './provenance';

/**
 * A number that answers why: hover or focus shows its meaning, source, window and age, and the SQL. For figures in
 * sentences, heads and legends; cells of tables have it in the head of their column.
 */
export function Why({
  view,
  label,
  column,
  means,
  limits,
  exact,
  window,
  children,
}: {
  view: TopicView;
  /** The number with its noun: the popover's title and the button's name. */
  label: string;
  column?: string;
  means?: ReactNode;
  limits?: ReactNode;
  exact?: ReactNode;
  window?: ReactNode;
  children: ReactNode;
}) {
  const [sql, setSql] = useState(false);
  return (
    <Base.Root onOpenChange={(open) => open || setSql(false)}>
      <Base.Trigger
        className="why"
        openOnHover
        delay={250}
        closeDelay={120}
        aria-label={`${label}: where it comes from`}
      >
        {children}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className="popup-layer" align="start" sideOffset={4} collisionPadding={8}>
          <Base.Popup className={`popup popover ${sql ? 'popover-wide' : ''}`} initialFocus={false}>
            <Base.Title>{label}</Base.Title>
            <Provenance view={view} column={column} means={means} limits={limits} exact={exact} window={window} />
            {sql ? (
              <TopicSql view={view} />
            ) : (
              <div className="actions" style={{ marginTop: 8 }}>
                <Button onClick={() => setSql(true)}>Show SQL</Button>
              </div>
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
