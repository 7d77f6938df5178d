'use client';

import './audit.css';
import { PanelBottomOpen, Undo2, Wrench } from 'lucide-react';
import { parseAsString, useQueryState, useQueryStates } from 'nuqs';
import { useCallback, useMemo } from 'react';
import { useAction } from '@/components/actions/action-provider';
import { PageHead } from '@/components/shell/page-head';
import { DataTable } from '@/components/table/data-table';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import type { MenuEntry } from '@/components/ui/menu';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { PanelWaiting } from '@/components/ui/panel-states';
import { StateText } from '@/components/ui/state';
import type { RequestError } from '@/lib/client/request';
import { useSession } from '@/lib/client/session';
import { list, plural } from '@/lib/format';
import { AuditExport, AuditFilterBar } from './audit-filters';
import { auditColumns } from './columns';
import { type AuditLine, auditLines, auditSentence, entryKey } from './entries';
import { EntryDetail } from './entry-detail';
import { type AuditFilters, askOf, isFiltered, noFilters } from './filters';
import { type AuditState, useAudit } from './use-audit';

const inUrl = parseAsString.withDefault('');
const filterParsers = {
  user: inUrl,
  action: inUrl,
  status: inUrl,
  since: inUrl,
  until: inUrl,
  search: inUrl,
  about: inUrl,
  of: inUrl,
};
const lineKey = (line: AuditLine) => entryKey(line.entry);

/** The Audit page: what was done to the server with pgdeck, by whom, what came of it, and what takes it back. */
export function AuditPage({ server }: { server: string }) {
  const [filters, setFilters] = useQueryStates(filterParsers);
  const ask = useMemo(() => askOf(server, filters), [server, filters]);
  const audit = useAudit(ask);
  const act = useAction();
  const session = useSession();
  const ownOnly = session !== undefined && session.servers[server]?.role !== 'admin';
  const [seq, setSeq] = useQueryState('entry', parseAsString);
  const lines = useMemo(() => auditLines(audit.entries), [audit.entries]);
  const users = useMemo(
    () => [...new Set(audit.entries.flatMap(({ user }) => user?.name ?? []))].toSorted(),
    [audit.entries],
  );
  const filtered = isFiltered(filters);
  const open = useCallback((line: AuditLine) => setSeq(lineKey(line)), [setSeq]);
  const columns = useMemo(() => auditColumns(open), [open]);
  const menu = useCallback((line: AuditLine) => lineMenu(line, open, act), [open, act]);
  const change = useCallback(
    (next: Partial<AuditFilters>) =>
      void setFilters(Object.fromEntries(Object.entries(next).map(([name, value]) => [name, value || null]))),
    [setFilters],
  );
  const opened = lines.find((line) => lineKey(line) === seq);
  const close = () => setSeq(null);

  return (
    <>
      <PageHead
        server={server}
        title="Audit"
        sentence={audit.known ? auditSentence(lines, { more: audit.more, filtered, ownOnly }) : undefined}
      />
      {audit.state && <Trouble state={audit.state} />}
      <AuditFilterBar
        filters={filters}
        users={users}
        signIns={session?.user.role === 'admin'}
        fleet={audit.copies?.on === true}
        onChange={change}
      />
      <Panel
        title="What was done"
        tools={
          <>
            {filtered && (
              <Button look="quiet" onClick={() => change({ ...noFilters, of: filters.of })}>
                Clear filters
              </Button>
            )}
            <AuditExport ask={ask} />
          </>
        }
        sentence="Newest first. Each line is on disk before its statement is sent, and chained to the one before."
        flush
        source="pgdeck's audit files, JSON Lines in the state folder"
        footer={
          <>
            <span>every 5 s</span>
            {audit.state && <Chain state={audit.state} />}
            {audit.copies?.problem && (
              <StateText state="warning" small>
                {audit.copies.problem}
              </StateText>
            )}
          </>
        }
        link={
          audit.more ? (
            <Button look="quiet" onClick={audit.loadOlder} off={audit.loading && 'Older entries are being loaded.'}>
              Load older
            </Button>
          ) : lines.length > 0 ? (
            filters.about === 'none' ? (
              'All entries about no server are shown'
            ) : (
              'All entries of this server are shown'
            )
          ) : undefined
        }
      >
        {audit.known ? (
          lines.length === 0 && !filtered ? (
            <div className="panel-message">
              <p>
                {ownOnly ? 'There is nothing here that you may see.' : 'Nothing was done yet.'} Each action is written
                here, with who did it, the exact SQL, the verified result and what takes it back.
              </p>
            </div>
          ) : (
            <DataTable
              id="audit"
              caption="Audit"
              rows={lines}
              columns={columns}
              rowKey={lineKey}
              rowName={(line) => `entry ${line.what}`}
              sort={{ column: 'ts', descending: true }}
              menu={menu}
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
      {opened && (
        <EntryDetail
          line={opened}
          onClose={close}
          open={(body) => {
            close();
            act(body);
          }}
        />
      )}
    </>
  );
}

/** The menu of a line: see it, take it back, do what is still to be done. */
function lineMenu(line: AuditLine, open: (line: AuditLine) => void, act: ReturnType<typeof useAction>): MenuEntry[] {
  const { undo, next = [] } = line.entry.result ?? {};
  return [
    { label: 'Show entry', icon: PanelBottomOpen, onSelect: () => open(line) },
    'separator',
    {
      label: 'Undo…',
      icon: Undo2,
      ...(undo
        ? { acts: undo.body, onSelect: () => act(undo.body) }
        : { off: 'It has nothing that could be taken back.' }),
    },
    ...next.map(({ title, body }) => ({
      label: `${visible(title)}…`,
      icon: Wrench,
      acts: body,
      onSelect: () => act(body),
    })),
  ];
}

function Chain({ state: { breaks, entries } }: { state: AuditState }) {
  return breaks.length === 0 ? (
    <StateText state="ok" small>
      the chain of {plural(entries, 'entry', 'entries')} holds
    </StateText>
  ) : (
    <StateText state="critical" small>
      the chain is broken at {plural(breaks.length, 'place')}
    </StateText>
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
