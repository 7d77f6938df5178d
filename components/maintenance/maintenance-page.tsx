'use client';

import './maintenance.css';
import { History, Play } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { useActionDialogs } from '@/components/actions/action-provider';
import { statement } from '@/components/actions/words';
import { PageHead } from '@/components/shell/page-head';
import { DataTable } from '@/components/table/data-table';
import { Asked } from '@/components/ui/asked';
import { Button, OffReason } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import type { Run } from '@/lib/actions/protocol';
import { runsQuery } from '@/lib/client/maintenance-queries';
import { usePageTime } from '@/lib/client/page-time';
import { usePageTimes } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import { Link } from '../ui/link';
import { DdlPanel } from './ddl-panel';
import { runColumns, runMenu } from './run-columns';
import { RunningList } from './running-list';
import { SchedulesPanel } from './schedules-panel';
import { endedRuns, maintenanceSentence, movingRuns } from './summary';

const noRuns: Run[] = [];
const runKey = (run: Run) => run.runId;

/** The Maintenance page: what runs and waits, what ran, what runs by itself, and what DDL would block. */
export function MaintenancePage({ server }: { server: string }) {
  const dialogs = useActionDialogs();
  const past = usePageTime().at !== null;
  const { backToLive } = usePageTimes();
  const query = useAsked(runsQuery(server));
  const runs = query.data?.runs ?? noRuns;
  const moving = useMemo(() => movingRuns(runs), [runs]);
  const ended = useMemo(() => endedRuns(runs), [runs]);
  const columns = useMemo(() => runColumns(dialogs.run), [dialogs]);
  const menu = useCallback((run: Run) => runMenu(run, server, dialogs), [server, dialogs]);
  const sentence = query.data ? maintenanceSentence(runs) : '\u00a0';
  return (
    <>
      <PageHead
        server={server}
        title="Maintenance"
        state={moving.length > 0 ? `${moving.length} running or waiting` : undefined}
        sentence={sentence}
      />
      {past && (
        <Note icon={History} action={<Button onClick={backToLive}>Back to live</Button>}>
          <p>
            <b>This page shows what is now.</b> The other pages show a moment of the past, so actions are off.
          </p>
        </Note>
      )}
      <div className="filters">
        <Button acts={{ role: 'operator' }} look="primary" onClick={() => dialogs.form({})}>
          <Play className="icon icon-small" aria-hidden />
          Run an action…
        </Button>
        <OffReason acts={{ role: 'operator' }} />
      </div>
      <Panel
        title="Running and waiting"
        flush
        sentence="Everybody sees the same list, in every tab and after a restart of pgdeck."
        source="pgdeck's runs, pg_stat_progress_* and pg_locks"
        footer={<span>every 2 s</span>}
      >
        <Asked query={query} height={60} flush>
          {() =>
            moving.length > 0 ? (
              <RunningList server={server} runs={moving} show={dialogs.run} />
            ) : (
              <div className="panel-message maintenance-none">
                <StateText state="ok">None</StateText>
                <p>No action runs or waits now. What is started on any page appears here until it has ended.</p>
              </div>
            )
          }
        </Asked>
      </Panel>
      <Panel
        title="Recent runs"
        flush
        sentence="What ended last; choose one to see it in full and to take it back."
        source="pgdeck's runs"
        link={
          <Link href={`/${encodeURIComponent(server)}/audit`} prefetch={false}>
            All of them in the audit
          </Link>
        }
      >
        <Asked query={query} height={160} flush>
          {() =>
            ended.length > 0 ? (
              <div className="recent-runs">
                <DataTable
                  id="runs"
                  caption="Recent runs"
                  rows={ended}
                  columns={columns}
                  rowKey={runKey}
                  rowName={(run) => `run ${statement(run.title)}`}
                  sort={{ column: 'ended', descending: true }}
                  menu={menu}
                  menuTitle={(run) => (
                    <b>
                      <bdi>{visible(statement(run.title))}</bdi>
                    </b>
                  )}
                  filterText=""
                />
              </div>
            ) : (
              <div className="panel-message">
                <p>Nothing has ended yet. Each run stands here with its outcome, its figures and what takes it back.</p>
              </div>
            )
          }
        </Asked>
      </Panel>
      <SchedulesPanel server={server} />
      <DdlPanel server={server} />
    </>
  );
}
