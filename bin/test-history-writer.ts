import { setTimeout as sleep } from 'node:timers/promises';
import { ServerHistory } from '@/lib/history/server-history';
import { Store } from '@/lib/history/store';
import { Writer } from '@/lib/history/writer';
import { topics } from '@/lib/topics/index';
import type { AnyTopic } from '@/lib/topics/topic';
import { HistoryServer } from './history-server';

// A process to be killed (history-kill.pg.test.ts): the store's server and the history's own writer, with a clock that goes
// on ten seconds for each batch. `begun <n>` is said before a batch is taken and `kept <n>` when the writer has nothing left.

const [stateDir = '', root = '', first = '1', day = ''] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const server = new HistoryServer({ stateDir, root, say: () => {} });
server.start();
const store = new Store({
  place: () => (server.place.problem === undefined ? server.place.target : { problem: server.place.problem }),
});

/** The same for all that write to this store, also where a day ends meanwhile. */
const midnight = Number(day);
const binMs = 10_000;
const sessions = 20;
let now = midnight;
const servers = ['one', 'two', 'three'].map((id) => {
  const history = new ServerHistory(id);
  history.cluster = '7';
  return history;
});
const writer = new Writer({
  store,
  servers: () => servers,
  mask: (text) => text,
  clock: { now: () => now, elapsed: () => performance.now() },
});

/** Topic connections with a figure that says which batch it is of. */
function numbered(batch: number): AnyTopic {
  const series = topics.connections.series?.map((each) => ({ ...each, point: () => each.columns.map(() => batch) }));
  return { ...topics.connections, series } as AnyTopic;
}

function take(batch: number): void {
  const at = midnight + batch * binMs;
  for (const history of servers) {
    for (let second = 0; second < 10; second++) {
      const rows = Array.from({ length: sessions }, (_, i) => ({
        pid: batch * 100 + i,
        wait_event_type: i % 2 ? 'IO' : null,
        wait_event: i % 2 ? 'DataFileRead' : null,
        queryid: String(second * 100 + i), // entries of a backend that goes on with the same become one
        dbid: 1,
        userid: 1,
        datname: 'shop',
        usename: `user ${i}`,
        application_name: 'e2e',
        client_addr: null,
        blocked_by: [],
      }));
      const snapshot = { rows, partial: undefined, sampledAt: at + second * 1000, windowSeconds: 1 };
      history.take(topics.load as AnyTopic, null, snapshot, 1000);
    }
    const figures = { rows: [], partial: undefined, sampledAt: at + 5000, windowSeconds: 5 };
    history.take(numbered(batch), null, figures, 5000);
  }
}

store.start();
for (const history of servers) history.recording = true;
for (let batch = Number(first); ; batch++) {
  say(`begun ${batch}`);
  take(batch);
  now = midnight + batch * binMs + 9900;
  await writer.tick(true);
  while (writer.waiting.batches > 0) {
    await sleep(20);
    await writer.flush();
  }
  say(`kept ${batch}`);
}
