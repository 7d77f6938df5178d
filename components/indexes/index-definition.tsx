'use client';

import { useQuery } from '@tanstack/react-query';
import { useTextSeen, whyMasked } from '@/components/access/reveal';
import { SqlBlock } from '@/components/ui/sql';
import { definitionQuery } from '@/lib/client/definition-query';
import { secondsAgo } from '@/lib/format';

/** An index as PostgreSQL writes it; where it cannot be told now, why, with the last that is known. */
export function IndexDefinition({ server, database, oid }: { server: string; database: string; oid: number }) {
  const { data, failureReason } = useQuery(definitionQuery(server, database, 'index', oid));
  const seen = useTextSeen();
  const told = data?.status === 'ok' ? data : data?.last;
  const sql = told?.definition.definition;
  return (
    <div className="mb-2 min-h-10">
      {sql ? <SqlBlock sql={sql} label="definition" /> : <p className="soft">{failureReason?.message ?? '\u00a0'}</p>}
      {data?.status === 'unavailable' && (
        <p className="soft">
          {data.hint} {told && `This is from ${secondsAgo(told.ageSeconds)}.`}
        </p>
      )}
      {sql && seen !== undefined && seen !== 'plain' && (
        <p className="muted text-xs">{whyMasked(seen) ?? 'Values are masked.'}</p>
      )}
    </div>
  );
}
