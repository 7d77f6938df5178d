'use client';

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { describeQuery } from '@/lib/client/queries';
import type { TopicView } from '@/lib/client/use-topic';
import { durationInWords } from '@/lib/format';
import { SqlBlock } from './sql';
import { Age, Clock } from './time';

/** Where figures come from: meaning, source, window, age. With `column` the meaning of that column. */
export function Provenance({
  view,
  column,
  means,
  limits,
  exact,
  window,
}: {
  view: TopicView;
  column?: string | undefined;
  means?: ReactNode;
  limits?: ReactNode;
  exact?: ReactNode;
  /** Over which time the figure is taken, where it is not one sample. */
  window?: ReactNode;
}) {
  const { data } = useQuery(describeQuery(view.server, view.topic, view.database));
  const described = column ? data?.columns[column]?.meaning : data?.summary;
  return (
    <dl className="facts">
      {exact !== undefined && <Fact name="Exactly">{exact}</Fact>}
      <Fact name="Means">{means ?? described ?? '…'}</Fact>
      <Fact name="Source">{view.sources}</Fact>
      <Fact name="Window">
        {window ?? 'one sample'}, every {durationInWords(data?.currentCadenceSeconds ?? view.cadenceSeconds)}
      </Fact>
      {view.sampledAt && view.ageSeconds !== undefined && (
        <Fact name="Age">
          <Age ageSeconds={view.ageSeconds} receivedAt={view.receivedAt} />, at <Clock at={view.sampledAt} withZone />
        </Fact>
      )}
      {limits && <Fact name="Limits">{limits}</Fact>}
      {view.database && <Fact name="Database">{view.database}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What is asked of nobody. */
const withoutSql: Partial<Record<TopicView['topic'], string>> = {
  pools: "No SQL: these are pgdeck's own figures.",
  'own-cost': "No SQL: these are pgdeck's own figures.",
  'application-pools':
    "No SQL of its own: it is made from the newest rows of connections and of PgBouncer's pools, and from the configuration.",
};

/** The statement that a topic's rows were asked with, exactly as this server gets it. */
export function TopicSql({ view }: { view: TopicView }) {
  const { data, error } = useQuery(describeQuery(view.server, view.topic, view.database));
  if (error) return <p className="soft">The SQL cannot be shown: {error.message}</p>;
  if (!data) return <p className="soft">Asking pgdeck for the SQL.</p>;
  if (!data.sql)
    return (
      <p className="soft">
        {withoutSql[view.topic] ??
          'No SQL is known for this server: pgdeck is not connected to it, or it lacks what the question needs.'}
      </p>
    );
  return (
    <div style={{ marginTop: 8 }}>
      <SqlBlock sql={data.sql} label="SQL that is asked" />
    </div>
  );
}
