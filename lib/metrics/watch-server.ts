import type { StatementSent } from '@/lib/postgres/server-connections';
import type { Sampler } from '@/lib/sampler/sampler';
import { log } from './log';
import { dropServer, ownMetrics } from './own';
import { SlowStatements } from './slow-statements';

/** The sides of a server that tell what pgdeck does to it. */
type Watched = {
  config: { id: string };
  connections: { onStatement: ((statement: StatementSent) => void) | undefined };
  sampler: Pick<Sampler, 'onAsked'>;
};

/** Counts what is asked of a server from now on, and logs what takes long. */
export function watchServer(
  { config: { id: server }, connections, sampler }: Watched,
  limits: { warnMs: number; errorMs: number },
): void {
  const slow = new SlowStatements(server, limits, log);
  const { statements, failures, lateness } = ownMetrics();
  connections.onStatement = (sent) => {
    const labels = { server, statement: sent.tag };
    // What somebody asked for may take hours, and says nothing about what watching costs.
    if (!sent.longAction) {
      statements.observe(labels, sent.ms / 1000);
      slow.note(sent);
    }
    if (sent.failed) failures.inc(labels);
  };
  sampler.onAsked = (lateMs) => lateness.observe({ server }, lateMs / 1000);
}

/** Counts nothing more of a server, and drops what was counted: its connections may still be ending. */
export async function forgetServer({ config, connections, sampler }: Watched): Promise<void> {
  connections.onStatement = undefined;
  sampler.onAsked = undefined;
  await dropServer(config.id);
}
