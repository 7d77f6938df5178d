'use client';

import { Facts } from '@/components/actions/action-preview';
import { InTheWayNote } from '@/components/actions/in-the-way';
import { visible } from '@/components/ui/highlight';
import { Note } from '@/components/ui/note';
import { SqlBlock } from '@/components/ui/sql';
import { StateText } from '@/components/ui/state';
import type { Checked } from '@/lib/ddl/check';

/** What each statement would lock, rewrite and wait for. */
export function DdlResult({ server, statements }: { server: string; statements: Checked[] }) {
  return (
    <ol className="ddl-result" aria-label="Statements judged; nothing was run">
      {statements.map((statement, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same statement may stand there twice, and the list does not move
        <li key={at}>
          <SqlBlock sql={statement.sql} label={`Statement ${at + 1}`} />
          {statement.supported ? (
            <Judged server={server} statement={statement} />
          ) : (
            <>
              <StateText state="unknown">Cannot be judged</StateText>
              {statement.warnings.map((warning) => (
                <p key={warning}>{visible(warning)}</p>
              ))}
            </>
          )}
        </li>
      ))}
    </ol>
  );
}

function Judged({ server, statement }: { server: string; statement: Checked }) {
  const { locks, rewrites, inTransaction, waitsFor, wouldQueue, estimates, warnings, saferWay } = statement;
  return (
    <>
      {locks.length > 0 ? (
        <table className="table ddl-locks">
          <caption className="visually-hidden">Locks of the statement</caption>
          <thead>
            <tr>
              <th scope="col">Relation</th>
              <th scope="col">Lock</th>
              <th scope="col">What waits meanwhile</th>
            </tr>
          </thead>
          <tbody>
            {locks.map(({ relation, mode, blocks }) => (
              <tr key={`${relation} ${mode}`}>
                <th scope="row">
                  <bdi>{visible(relation)}</bdi>
                </th>
                <td>{mode}</td>
                <td className="soft">{blocks ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p>It takes no lock on a table.</p>
      )}
      {warnings.map((warning) => (
        <Note key={warning} state="warning">
          <p>{visible(warning)}</p>
        </Note>
      ))}
      <InTheWayNote server={server} title="It would wait now." all={waitsFor} />
      <InTheWayNote server={server} title="Others would wait behind it." all={wouldQueue} />
      <Facts
        facts={[
          {
            label: 'Rewrites',
            value: rewrites === null ? 'cannot be told beforehand' : rewrites ? 'the whole table' : 'no',
          },
          { label: 'In a transaction', value: inTransaction ? 'yes' : 'no' },
          ...estimates,
        ]}
      >
        {saferWay && (
          <div className="contents">
            <dt>Safer way</dt>
            <dd>{visible(saferWay)}</dd>
          </div>
        )}
      </Facts>
    </>
  );
}
