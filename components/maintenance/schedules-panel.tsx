'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CalendarPlus, ClipboardList, Power, Trash2 } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useActionDialogs } from '@/components/actions/action-provider';
import { runState, runWord } from '@/components/actions/words';
import type { Column } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { Asked } from '@/components/ui/asked';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import type { MenuEntry } from '@/components/ui/menu';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import { Ago } from '@/components/ui/time';
import { announce } from '@/lib/client/announce';
import { changeSchedule, schedulesQuery } from '@/lib/client/maintenance-queries';
import type { RequestError } from '@/lib/client/request';
import { useWhyNotRole } from '@/lib/client/session';
import { useAsked } from '@/lib/client/use-asked';
import { notApplicable, plural } from '@/lib/format';
import type { Schedule } from '@/lib/schedules/shapes';
import { DeleteSchedule } from './delete-schedule';
import { Moment } from './moment';
import { ScheduleDialog } from './schedule-dialog';
import { schedulesSentence } from './summary';

const none = <span className="muted">{notApplicable}</span>;
const scheduleKey = (schedule: Schedule) => schedule.id;

/** The actions that run by themselves: when next, how the last run went, which runs were missed. */
export function SchedulesPanel({ server }: { server: string }) {
  const notAdmin = useWhyNotRole(server, 'admin');
  const query = useAsked({ ...schedulesQuery(server), enabled: notAdmin === undefined });
  const client = useQueryClient();
  const dialogs = useActionDialogs();
  const [making, setMaking] = useState(false);
  const [deleting, setDeleting] = useState<Schedule>();
  const switching = useMutation<unknown, RequestError, Schedule>({
    mutationFn: (schedule) => changeSchedule(server, schedule.id, { enabled: !schedule.enabled }),
    onSuccess: (_, { title, enabled }) => announce(`${title} is ${enabled ? 'off' : 'on'}.`),
    onSettled: () => client.invalidateQueries({ queryKey: ['schedules', server] }),
  });
  const { mutate: turn } = switching;
  const menu = useCallback(
    (schedule: Schedule): MenuEntry[] => {
      const runId = schedule.last?.runId;
      return [
        {
          label: 'Show the last run',
          icon: ClipboardList,
          ...(runId ? { onSelect: () => dialogs.run(runId) } : { off: 'It has not run yet.' }),
        },
        'separator',
        {
          label: schedule.enabled ? 'Turn off' : 'Turn on',
          icon: Power,
          acts: { role: 'admin' },
          onSelect: () => turn(schedule),
        },
        {
          label: 'Delete…',
          icon: Trash2,
          acts: { role: 'admin' },
          danger: true,
          onSelect: () => setDeleting(schedule),
        },
      ];
    },
    [dialogs, turn],
  );
  const columns = useMemo(() => scheduleColumns(), []);
  const data = query.data;
  const unavailable = data?.unavailable;
  return (
    <Panel
      title="Schedules"
      flush
      sentence={
        notAdmin
          ? 'Actions that run by themselves.'
          : data && !unavailable
            ? schedulesSentence(data.schedules)
            : '\u00a0'
      }
      source="pgdeck's history store"
      tools={
        (notAdmin || (data && !unavailable)) && (
          <Button acts={{ role: 'admin' }} onClick={() => setMaking(true)}>
            <CalendarPlus className="icon icon-small" aria-hidden />
            New schedule…
          </Button>
        )
      }
    >
      {switching.error && (
        <div className="panel-body">
          <Note state="critical" role="alert">
            <p>
              <b>Not changed.</b> {switching.error.message}
            </p>
          </Note>
        </div>
      )}
      {notAdmin ? (
        <div className="panel-message">
          <p>Schedules are shown to admins. {notAdmin}</p>
        </div>
      ) : (
        <Asked query={query} height={100} flush>
          {({ enabled, schedules, unavailable: why }) =>
            why ? (
              <div className="panel-message">
                <StateText state="unknown">Not available</StateText>
                <p>
                  {why.reason} {why.hint}
                </p>
              </div>
            ) : (
              <>
                {!enabled && (
                  <div className="panel-message">
                    <StateText state="warning">All schedules are off</StateText>
                    <p>PGDECK_SCHEDULES is off: nothing runs by itself until it is on.</p>
                  </div>
                )}
                {schedules.length === 0 ? (
                  <div className="panel-message">
                    <p>
                      None yet. A schedule runs one action at times of a cron expression, in a time zone of its own.
                    </p>
                  </div>
                ) : (
                  <DataTable
                    id="schedules"
                    caption="Schedules"
                    rows={schedules}
                    columns={columns}
                    rowKey={scheduleKey}
                    rowName={(schedule) => `schedule ${schedule.title}`}
                    sort={{ column: 'title', descending: false }}
                    inUrl={false}
                    bare
                    menu={menu}
                    menuTitle={(schedule) => (
                      <b>
                        <bdi>{visible(schedule.title)}</bdi>
                      </b>
                    )}
                  />
                )}
              </>
            )
          }
        </Asked>
      )}
      {making && <ScheduleDialog server={server} onClose={() => setMaking(false)} />}
      {deleting && <DeleteSchedule server={server} schedule={deleting} onClose={() => setDeleting(undefined)} />}
    </Panel>
  );
}

function scheduleColumns(): Column<Schedule>[] {
  return [
    {
      id: 'title',
      header: 'Schedule',
      value: (row) => row.title,
      cell: (row) => (
        <span className="cut schedule-name" title={visible(row.title)}>
          <bdi>{visible(row.title)}</bdi> <span className="muted">{visible(row.subject.replace(/\?$/, ''))}</span>
        </span>
      ),
      meaning: 'What it is called, and what it does.',
    },
    {
      id: 'enabled',
      header: 'State',
      value: (row) => row.enabled,
      cell: (row) =>
        row.problem ? (
          <StateText state="warning" small>
            <span title={row.problem}>{row.problem}</span>
          </StateText>
        ) : row.enabled ? (
          row.running ? (
            'Running'
          ) : (
            'On'
          )
        ) : (
          <span className="muted">Off</span>
        ),
      meaning: 'Whether it runs by itself, runs now, or why it will not.',
    },
    {
      id: 'cron',
      header: 'When',
      value: (row) => `${row.cron} ${row.timeZone}`,
      cell: (row) => (
        <>
          <code>{row.cron}</code> <span className="muted">{row.timeZone}</span>
        </>
      ),
      meaning: 'Cron expression (minute, hour, day, month, weekday) and its time zone.',
    },
    {
      id: 'next',
      header: 'Next',
      value: (row) => row.next,
      cell: (row) => (row.next && row.enabled ? <Moment at={row.next} /> : none),
      meaning: 'When it runs next, by the clock of this computer.',
    },
    {
      id: 'last',
      header: 'Last run',
      grow: true,
      value: (row) => row.last?.at ?? null,
      cell: (row) =>
        row.last ? (
          <span className="cut" style={{ display: 'block' }} title={row.last.message}>
            <StateText state={runState(row.last)} small>
              {runWord(row.last.status)}
            </StateText>{' '}
            <Ago at={row.last.at} /> <span className="muted">{visible(row.last.message)}</span>
          </span>
        ) : (
          <span className="muted">not yet</span>
        ),
      meaning: 'How its last run went.',
    },
    {
      id: 'missed',
      header: 'Missed',
      value: (row) => row.missed?.count ?? 0,
      cell: (row) =>
        row.missed && row.missed.count > 0 ? (
          <StateText state="warning" small>
            {plural(row.missed.count, 'run')}, last <Ago at={row.missed.last} />
          </StateText>
        ) : (
          none
        ),
      meaning: 'Due times at which nothing ran: pgdeck or the server was away, or the run before had not ended.',
    },
    {
      id: 'createdBy',
      header: 'By',
      rank: 3,
      value: (row) => row.createdBy,
      cell: (row) => <bdi>{visible(row.createdBy)}</bdi>,
      meaning: 'Who made it.',
    },
  ];
}
