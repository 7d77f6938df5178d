'use client';

import { parseAsString, useQueryState } from 'nuqs';
import { useCallback, useMemo } from 'react';
import { PageHead } from '@/components/shell/page-head';
import { DataTable } from '@/components/table/data-table';
import { FilterField } from '@/components/table/table-tools';
import { Button } from '@/components/ui/button';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { PanelWaiting } from '@/components/ui/panel-states';
import { Segmented } from '@/components/ui/segmented';
import type { RequestError } from '@/lib/client/request';
import { useFilter } from '@/lib/client/url-state';
import { list } from '@/lib/format';
import { auditColumns } from './columns';
import { type AuditLine, auditLines, auditSentence, chooseLines, type Mark } from './entries';
import { EntryDetail } from './entry-detail';
import { type AuditState, useAudit } from './use-audit';

const marks: { value: Mark; label: string }[] = [
  { value: 'ok', label: 'Done' },
  { value: 'warning', label: 'With warnings' },
  { value: 'critical', label: 'Failed' },
  { value: 'unknown', label: 'No known end' },
];
const lineKey = (line: AuditLine) => String(line.seq);

/** The Audit page: what was done to the server with pgdeck, by whom, and what came of it. */
export function AuditPage({ server }: { server: string }) {
  const audit = useAudit(server);
  const [filter, setFilter] = useFilter();
  const [seq, setSeq] = useQueryState('entry', parseAsString);
  const lines = useMemo(() => auditLines(audit.entries), [audit.entries]);
  const mark = marks.find((each) => each.value === filter.fields.result)?.value;
  const chosen = useMemo(
    () => chooseLines(mark ? lines.filter((line) => line.mark === mark) : lines, filter.text),
    [lines, mark, filter.text],
  );
  const open = useCallback((line: AuditLine) => setSeq(String(line.seq)), [setSeq]);
  const columns = useMemo(() => auditColumns(open), [open]);
  const opened = lines.find((line) => String(line.seq) === seq);
  const close = () => setSeq(null);
  const setMark = (value: Mark | 'all') => {
    const { result: _before, ...fields } = filter.fields;
    setFilter({ ...filter, fields: value === 'all' ? fields : { ...fields, result: value } });
  };

  return (
    <>
      <PageHead server={server} title="Audit" sentence={audit.known ? auditSentence(lines, audit.more) : undefined} />
      {audit.state && <Trouble state={audit.state} />}
      <div className="filters">
        <Segmented<Mark | 'all'>
          label="Result"
          value={mark ?? 'all'}
          onChange={setMark}
          segments={[
            { value: 'all', label: 'All', count: lines.length },
            ...marks.map((each) => ({ ...each, count: lines.filter((line) => line.mark === each.value).length })),
          ]}
        />
        <FilterField placeholder="Action, target, user, SQL" found={chosen.length} />
      </div>
      <Panel
        title="What was done"
        sentence="Newest first. Each line is on disk before its statement is sent, and chained to the one before."
        flush
        source="pgdeck's audit files, JSON Lines in the state folder"
        footer={<span>every 5 s</span>}
        link={
          audit.more ? (
            <Button look="quiet" onClick={audit.loadOlder} off={audit.loading && 'Older entries are being loaded.'}>
              Load older
            </Button>
          ) : lines.length > 0 ? (
            'All entries are shown'
          ) : undefined
        }
      >
        {audit.known ? (
          lines.length === 0 ? (
            <div className="panel-message">
              <p>
                Nothing was done yet. Cancelling a statement, terminating a session and analyzing a table are written
                here, with who did it, the exact SQL and the verified result.
              </p>
            </div>
          ) : (
            <DataTable
              id="audit"
              caption="Audit"
              rows={chosen}
              columns={columns}
              rowKey={lineKey}
              sort={{ column: 'ts', descending: true }}
              filterText=""
              empty="No entry matches the filter."
            />
          )
        ) : (
          <PanelWaiting height={220} lost={(audit.failure as RequestError | null) ?? undefined} />
        )}
      </Panel>
      {audit.problem && (
        <Note state="critical" role="alert">
          <p>
            <b>Older entries were not loaded.</b> {audit.problem} Try again.
          </p>
        </Note>
      )}
      {opened && <EntryDetail line={opened} onClose={close} />}
    </>
  );
}

function Trouble({ state }: { state: AuditState }) {
  return (
    <>
      {!state.writable && (
        <Note state="critical" role="alert">
          <p>
            <b>The audit cannot be written, so actions are refused.</b> {state.problem}
          </p>
        </Note>
      )}
      {state.breaks.length > 0 && (
        <Note state="critical" role="alert">
          <p>
            <b>The chain of the audit does not hold.</b> A file was changed after it was written:{' '}
            {list(state.breaks.map(({ file, line }) => `${file}, line ${line}`))}. Compare it with a copy or with the
            server's log.
          </p>
        </Note>
      )}
    </>
  );
}
