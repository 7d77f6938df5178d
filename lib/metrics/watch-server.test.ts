import { expect, it } from 'vitest';
import type { StatementSent } from '@/lib/postgres/server-connections';
import { ownMetrics } from './own';
import { forgetServer, watchServer } from './watch-server';

it('counts statements by what they are for, and takes no long action for one', async () => {
  const connections: { onStatement: ((sent: StatementSent) => void) | undefined } = { onStatement: undefined };
  const sampler: { onAsked: ((lateMs: number) => void) | undefined } = { onAsked: undefined };
  watchServer({ config: { id: 'one' }, connections, sampler }, { warnMs: 100, errorMs: 500 });
  const sent = { tag: 'locks', ms: 20, rows: 1, failed: false };
  connections.onStatement?.(sent);
  connections.onStatement?.({ ...sent, ms: 3000, failed: true });
  connections.onStatement?.({ ...sent, tag: 'vacuum', ms: 3_600_000, longAction: true });
  sampler.onAsked?.(400);
  const text = await ownMetrics().registry.metrics();
  expect(text).toContain('pgdeck_statement_duration_seconds_count{server="one",statement="locks"} 2');
  expect(text).toContain('pgdeck_statement_duration_seconds_bucket{le="0.025",server="one",statement="locks"} 1');
  expect(text).toContain('pgdeck_statements_failed_total{server="one",statement="locks"} 1');
  expect(text).not.toContain('statement="vacuum"');
  expect(text).toContain('pgdeck_sampler_lateness_seconds_bucket{le="0.5",server="one"} 1');
});

it('drops what it counted of a server that is watched no more, and of no other', async () => {
  const watched = (id: string) => {
    const connections: { onStatement: ((sent: StatementSent) => void) | undefined } = { onStatement: undefined };
    const sampler: { onAsked: ((lateMs: number) => void) | undefined } = { onAsked: undefined };
    const server = { config: { id }, connections, sampler };
    watchServer(server, { warnMs: 100, errorMs: 500 });
    const ask = () => {
      for (const tag of ['locks', 'sessions']) server.connections.onStatement?.({ tag, ms: 20, rows: 1, failed: true });
      server.sampler.onAsked?.(400);
    };
    ask();
    return { server, ask };
  };
  const [gone] = [watched('gone'), watched('gone-too')];
  const lines = async () =>
    (await ownMetrics().registry.metrics()).split('\n').filter((line) => line.includes('"gone'));
  const before = await lines();
  expect(before.filter((line) => line.includes('"gone"')).length).toBeGreaterThan(10);
  await forgetServer(gone.server);
  gone.ask();
  expect(await lines()).toEqual(before.filter((line) => line.includes('"gone-too"')));
});
