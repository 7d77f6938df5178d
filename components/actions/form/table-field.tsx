'use client';

import { useState } from 'react';
import type { TargetChoice } from '@/lib/client/maintenance-queries';
import type { ServerSummary } from '@/lib/client/shapes';
import { TargetField } from './target-field';

const partitioned = { relkinds: 'p' };

/** Chooses a second table of an action, such as the one that a partition is attached to. */
export function TableField({
  server,
  summary,
  legend,
  database,
  onChoose,
}: {
  server: string;
  summary: ServerSummary | undefined;
  legend: string;
  database: string | null;
  onChoose: (oid: number | undefined) => void;
}) {
  const [chosen, setChosen] = useState<TargetChoice>();
  return (
    <TargetField
      server={server}
      summary={summary}
      kinds={['relation']}
      chosen={chosen}
      wrong={undefined}
      database={database}
      called={legend.charAt(0).toLowerCase() + legend.slice(1)}
      fit={partitioned}
      fixedDatabase
      onChoose={(choice) => {
        setChosen(choice);
        onChoose(choice?.target.kind === 'relation' ? choice.target.oid : undefined);
      }}
    />
  );
}
