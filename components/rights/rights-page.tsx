'use client';

import { PageHead } from '@/components/shell/page-head';
import { Asked, type AskedQuery } from '@/components/ui/asked';
import { Panel } from '@/components/ui/panel';
import { SqlBlock } from '@/components/ui/sql';
import { StateText } from '@/components/ui/state';
import { rightsQuery } from '@/lib/client/rights-query';
import { useAsked } from '@/lib/client/use-asked';
import { list } from '@/lib/format';
import type { RightNow, RightsAnswer } from '@/lib/rights/read-rights';
import { rightsSentence, roleSentence, stateOf, wordOf } from './summary';
import './rights.css';

const titles = { reading: 'What it can see', acting: 'What it can do' };

/** The page of the database roles that pgdeck signs in with: what each may do, and the grant of what it lacks. */
export function RightsPage({ server }: { server: string }) {
  const query = useAsked(rightsQuery(server));
  return (
    <>
      <PageHead server={server} title="Access" sentence={query.data ? rightsSentence(query.data) : '\u00a0'} />
      <div className="columns-2">
        <Role query={query} use="reading" />
        <Role query={query} use="acting" />
      </div>
    </>
  );
}

function Role({ query, use }: { query: AskedQuery<RightsAnswer>; use: 'reading' | 'acting' }) {
  const side = query.data?.[use];
  return (
    <Panel
      flush
      title={titles[use]}
      sentence={side ? roleSentence(side) : '\u00a0'}
      source="pg_roles, pg_auth_members, privileges of the role itself"
      cadence="when the page opens"
    >
      <Asked query={query} height={360} flush>
        {({ [use]: known }) =>
          known.status === 'ok' ? (
            <ul className="rights">
              {known.rights.map((right) => (
                <Line key={right.id} right={right} />
              ))}
            </ul>
          ) : (
            <div className="panel-message">
              <StateText state="unknown">Not known</StateText>
              <p>{known.hint}</p>
            </div>
          )
        }
      </Asked>
    </Panel>
  );
}

function Line({ right }: { right: RightNow }) {
  const { title, lets, without, missing, grantSql } = right;
  return (
    <li>
      <StateText state={stateOf(right)}>{wordOf(right)}</StateText>
      <div>
        <p>
          <b>{title}</b>
        </p>
        <p className="soft">{lets}.</p>
        {without && (
          <p>
            {without}
            {missing && ` It is about ${list(missing, 5)}.`}
          </p>
        )}
        {grantSql && <SqlBlock sql={grantSql} label={`SQL that grants: ${title}`} />}
      </div>
    </li>
  );
}
