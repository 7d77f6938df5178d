import { setTimeout as sleep } from 'node:timers/promises';
import { recordings } from '@/lib/history/recordings';
import { Store } from '@/lib/history/store';
import { HistoryServer } from './history-server';

// A process to be killed (history-kill.pg.test.ts): the store's server, and batches one after the other as fast as they go.
// Each is one transaction over two tables and three servers; `begun <n>` is said before it and `kept <n>` after its commit.

const [stateDir = '', root = '', first = '1'] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const server = new HistoryServer({ stateDir, root, say: () => {} });
server.start();
const store = new Store({
  place: () => (server.place.problem === undefined ? server.place.target : { problem: server.place.problem }),
});
store.start();

const base = new Date().setUTCHours(0, 0, 0, 0);
const statementColumns = recordings.statement.columns;

async function write(batch: number): Promise<void> {
  const ts = new Date(base + batch * 1000).toISOString();
  const list = (length: number, value: (i: number) => number) => `{${Array.from({ length }, (_, i) => value(i))}}`;
  await store.transaction(async (run) => {
    for (const serverId of [1, 2, 3]) {
      await run(
        `insert into pgdeck.metric_raw (server_id, ts, v) values ($1, $2::timestamptz, $3::float4[]) on conflict do nothing`,
        [serverId, ts, list(40, (i) => (i === 0 ? batch : Math.random()))],
      );
      await run(
        `insert into pgdeck.statement_raw (server_id, ts, seconds, key, ${statementColumns.map(({ name }) => name).join(', ')})
         values ($1, $2::timestamptz, $3, $4::int8[], ${statementColumns.map(({ type }, i) => `$${i + 5}::${type}[]`).join(', ')})
         on conflict do nothing`,
        [serverId, ts, batch, list(200, (i) => i + 1), ...statementColumns.map(() => list(200, (i) => i))],
      );
    }
  });
}

for (let batch = Number(first); ; batch++) {
  say(`begun ${batch}`);
  for (;;) {
    try {
      await write(batch);
      break;
    } catch {
      await sleep(20); // it is sent again until it is kept, as the history's own writer does
    }
  }
  say(`kept ${batch}`);
}
