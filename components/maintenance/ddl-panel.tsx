'use client';

import { useMutation } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { useServer } from '@/components/shell/use-server';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { announce } from '@/lib/client/announce';
import { askDdl } from '@/lib/client/maintenance-queries';
import type { RequestError } from '@/lib/client/request';
import { useWhyNotRole } from '@/lib/client/session';
import { useDatabase } from '@/lib/client/url-state';
import type { DdlAnswer } from '@/lib/ddl/check';
import { plural } from '@/lib/format';
import { DdlResult } from './ddl-result';

/** Asks what pasted DDL would lock, rewrite and wait for; it is parsed, never run. */
export function DdlPanel({ server }: { server: string }) {
  const id = useId();
  const summary = useServer(server);
  const [home] = useDatabase();
  const [chosen, setChosen] = useState<string>();
  const [sql, setSql] = useState('');
  const [missing, setMissing] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const databases = summary?.databases ?? [];
  const database = chosen ?? home ?? summary?.database ?? databases[0] ?? '';
  const asking = useMutation<DdlAnswer, RequestError>({
    mutationFn: () => askDdl(server, database, sql),
    onSuccess: ({ statements }) => announce(`${plural(statements.length, 'statement')} judged; nothing was run.`),
  });
  const error = asking.error;
  const whyNot = useWhyNotRole(server, 'operator');
  const atText = error?.code === 'syntax_error' || error?.field === 'sql';
  useEffect(() => {
    if (atText) area.current?.focus();
  }, [atText]);
  const none = asking.data?.statements.length === 0;
  const wrong = missing || none ? 'Paste at least one statement.' : atText ? error?.message : undefined;
  return (
    <Panel
      id="ddl"
      title="What would this DDL block?"
      sentence="Which locks each statement takes, who would wait, and whether it rewrites the table. It is parsed, never run."
      source="the catalog, pg_locks, and PostgreSQL's own parser"
    >
      <form
        className="ddl-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (whyNot) return;
          setMissing(sql.trim() === '');
          if (sql.trim() === '') area.current?.focus();
          else if (!asking.isPending) asking.mutate();
        }}
      >
        <div className="act-field">
          <label htmlFor={`${id}-sql`}>SQL</label>
          <textarea
            ref={area}
            id={`${id}-sql`}
            className="text-input"
            spellCheck={false}
            rows={4}
            value={sql}
            placeholder="alter table orders add column note text"
            aria-invalid={wrong !== undefined || undefined}
            aria-describedby={`${id}-wrong`}
            onChange={(event) => {
              setSql(event.target.value);
              setMissing(false);
              if (none) asking.reset();
            }}
          />
          <p id={`${id}-wrong`} className="act-wrong ddl-wrong" role="status">
            {wrong ?? ' '}
          </p>
        </div>
        <div className="actions">
          {databases.length > 1 && (
            <>
              <label htmlFor={`${id}-database`}>Database</label>
              <select
                id={`${id}-database`}
                className="text-input"
                value={database}
                onChange={(event) => setChosen(event.target.value)}
              >
                {databases.map((name) => (
                  <option key={name} value={name}>
                    {visible(name)}
                  </option>
                ))}
              </select>
            </>
          )}
          <Button type="submit" off={whyNot ?? (asking.isPending && 'It is being judged.')}>
            {asking.isPending ? 'Judging' : 'Show what it blocks'}
          </Button>
        </div>
      </form>
      {error && !atText && (
        <Note state="critical" role="alert">
          <p>
            <b>Not judged.</b> {error.message}
          </p>
        </Note>
      )}
      {asking.data && !none && <DdlResult server={server} statements={asking.data.statements} />}
    </Panel>
  );
}
