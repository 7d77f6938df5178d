import { accessOf } from '@/lib/access/test-access';
import type { PreviewBody } from '@/lib/actions/protocol';
import { Audit } from '@/lib/audit/audit';
import type { ServerConfig } from '@/lib/config';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { Runner } from '@/lib/runner/runner';
import type { Server } from '@/lib/runtime';
import { Sampler } from '@/lib/sampler/sampler';

// A process to be killed (lib/runner/killed.pg.test.ts): it previews and executes one action and says the run's id when it
// has one.

const [text = '{}'] = process.argv.slice(2);
const { stateDir, config, body } = JSON.parse(text) as { stateDir: string; config: ServerConfig; body: PreviewBody };
const connections = new ServerConnections(config, 2);
const sampler = new Sampler(config.id, connections, {}, () => {});
const server: Server = { config, connections, sampler, findings: undefined as unknown as Server['findings'] };
const parts = {
  servers: new Map([[config.id, server]]),
  audit: new Audit(stateDir),
  config: { maintenanceMax: 2, approval: 'off' as const, access: accessOf() },
};
const runner = new Runner(() => parts);
const user = { name: 'killed', role: 'admin' as const, mode: 'local' as const };
const { previewId, confirmText } = await runner.preview(config.id, body, user);
const execution = { previewId, idempotencyKey: 'once', ...(confirmText !== undefined && { confirmText }) };
const { run } = await runner.execute(config.id, execution, user);
process.stdout.write(`${run.runId}\n`);
setInterval(() => {}, 1000);
