'use client';

import { useMemo } from 'react';
import { useActionDialogs } from '@/components/actions/action-provider';
import { useHrefs } from '@/components/sessions/use-hrefs';
import { PageHead } from '@/components/shell/page-head';
import { Panel } from '@/components/ui/panel';
import { useDatabase } from '@/lib/client/url-state';
import { useTopic } from '@/lib/client/use-topic';
import type { ProgressRow } from './eta';
import { ProgressList } from './progress-list';
import { progressSentence } from './summary';

const noRows: ProgressRow[] = [];

/** The Progress page: every command that PostgreSQL reports the progress of, with the time its phase still takes. */
export function ProgressPage({ server }: { server: string }) {
  const view = useTopic(server, 'progress');
  const [database] = useDatabase();
  const dialogs = useActionDialogs();
  const hrefs = useHrefs(server);
  const rows = useMemo(() => {
    const all = view.rows ?? noRows;
    return database ? all.filter((row) => row.datname === database) : all;
  }, [view.rows, database]);
  return (
    <>
      <PageHead
        server={server}
        title="Progress"
        state={rows.length > 0 ? `${rows.length} running` : undefined}
        sentence={view.rows ? progressSentence(rows) : undefined}
        databases="all"
        range
      />
      <Panel
        title="Commands that run"
        sentence="What is done and left is of the phase under way, not of the whole command."
        view={view}
        flush
        height={120}
        source="pg_stat_progress_*"
        empty={() =>
          rows.length > 0
            ? undefined
            : {
                word: 'None',
                text: 'VACUUM, ANALYZE, CREATE INDEX, REINDEX, CLUSTER, VACUUM FULL, COPY and base backups appear here while they run.',
              }
        }
      >
        <ProgressList
          rows={rows}
          view={view}
          acts={{ act: dialogs.preview, showRun: dialogs.run, sessionHref: hrefs.session, locksHref: hrefs.locks }}
        />
      </Panel>
    </>
  );
}
