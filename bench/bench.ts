import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { buildPages } from './app';
import { type Browsers, measureBrowsers } from './browsers';
import { type Cost, type CostOptions, measureCost } from './cost';
import { browse } from './crowd';
import { type FirstLoad, measureFirstLoad } from './first-load';
import { type HistoryFigures, measureHistory } from './history';
import { type Memory, measureMemory } from './memory';
import { measureReaders, type Readers } from './readers';
import { costText, costVerdicts, table, type Verdict } from './report';
import {
  firstLoadText,
  firstLoadVerdicts,
  memoryText,
  memoryVerdicts,
  readersText,
  readersVerdicts,
} from './report-app';
import { browsersText, browsersVerdicts } from './report-browsers';
import { historyText, historyVerdicts } from './report-history';

const parts = ['cost', 'readers', 'memory', 'first-load', 'history', 'browsers'] as const;
type Part = (typeof parts)[number];

const help = `npm run bench -- [part …] [--quick] [--tables 50,5000] [--seconds 300] [--servers 20] [--browsers 100,1000]

  cost         what pgdeck costs the watched server with 0, 1, 10 and 100 viewers, beside the cheapest reading of the same
  readers      a hundred readers of the topic API over HTTP
  memory       memory of the application after an hour of sampling, at sixty times the pace
  first-load   JavaScript that each page loads first
  history      the history store: months of data, their size, reading and writing them; --servers 20 says of how many
  browsers     a hundred and a thousand browsers that poll as open pages do, a minute each; what a scrape of /metrics takes

Without a part all are run, one after the other, in about twenty minutes; --quick takes about eight minutes and is less exact.
`;

type Results = {
  costs?: Cost[];
  readers?: Readers[];
  memory?: Memory[];
  firstLoad?: FirstLoad[];
  history?: HistoryFigures;
  browsers?: Browsers;
};

/** `npm run bench`: answers the exit code, 1 where a limit was not met. */
export async function run({ root, parameters }: { root: string; parameters: string[] }): Promise<number> {
  const { values, positionals } = parseArgs({
    args: parameters,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      tables: { type: 'string' },
      seconds: { type: 'string' },
      servers: { type: 'string' },
      browsers: { type: 'string' },
    },
  });
  const unknown = positionals.filter((word) => !(parts as readonly string[]).includes(word));
  if (values.help || unknown.length > 0) {
    say(help);
    return unknown.length > 0 ? 1 : 0;
  }
  const wanted = (part: Part) => positionals.length === 0 || positionals.includes(part);
  const { quick } = values;
  const sizes = values.tables?.split(',').map(Number) ?? (quick ? [50, 500] : [50, 5000]);
  const windowSeconds = Number(values.seconds ?? (quick ? 60 : 300));
  const statements = 5000;

  const results: Results = {};
  const verdicts: Verdict[] = [];
  const processors = cpus().length;
  const [load = 0] = loadavg();
  if (load > processors / 2)
    say(`Other programs keep this machine busy (load ${load.toFixed(1)} on ${processors} processors): expect noise.\n`);
  if (wanted('cost')) {
    say(`Measuring what watching costs: ${Math.ceil(windowSeconds / 60) + 2} minutes …`);
    results.costs = await Promise.all(
      sizes.map((tables) => inThread({ tables, statements, warmUpSeconds: quick ? 15 : 60, windowSeconds })),
    );
    for (const cost of results.costs) {
      say(`\n${costText(cost)}\n`);
      verdicts.push(...costVerdicts(cost));
    }
  }
  if (parts.some((part) => part !== 'cost' && wanted(part))) await buildPages(root);
  if (wanted('readers')) {
    say('Measuring readers over HTTP …');
    results.readers = [];
    for (const tables of sizes) {
      const result = await measureReaders(root, { tables, statements, windowSeconds: quick ? 6 : 12 });
      results.readers.push(result);
      say(`\n${readersText(result)}\n`);
    }
    // Nobody sends five thousand tables to a hundred people without a pause: the aim is for the ordinary size.
    if (results.readers[0]) verdicts.push(...readersVerdicts(results.readers[0]));
  }
  if (wanted('memory')) {
    say("Measuring memory: an hour's sampling in a minute …");
    results.memory = await Promise.all(
      sizes.map((tables) => measureMemory(root, { tables, statements, seconds: quick ? 20 : 60 })),
    );
    say(`\n${memoryText(results.memory)}\n`);
    verdicts.push(...memoryVerdicts(results.memory));
  }
  if (wanted('first-load')) {
    say('Measuring what pages load first …');
    results.firstLoad = await measureFirstLoad(root);
    say(`\n${firstLoadText(results.firstLoad)}\n`);
    verdicts.push(...firstLoadVerdicts(results.firstLoad));
  }
  if (wanted('history')) {
    say('Measuring the history store …');
    results.history = await measureHistory(root, {
      servers: Number(values.servers ?? (quick ? 4 : 20)),
      ingestSeconds: quick ? 65 : 125,
      appSeconds: quick ? 15 : 60,
    });
    say(`\n${historyText(results.history)}\n`);
    verdicts.push(...historyVerdicts(results.history));
  }
  if (wanted('browsers')) {
    say('Measuring browsers that poll …');
    results.browsers = await measureBrowsers(root, {
      tables: sizes[0] ?? 50,
      statements,
      crowds: values.browsers?.split(',').map(Number) ?? [100, 1000],
      seconds: Number(values.seconds ?? (quick ? 20 : 60)),
    });
    say(`\n${browsersText(results.browsers)}\n`);
    verdicts.push(...browsersVerdicts(results.browsers));
  }
  const rows = verdicts.map(({ what, measured, limit, met }) => [what, measured, limit, met ? 'met' : 'NOT MET']);
  say(table(['Limits and aims', 'measured', 'limit', ''], rows));
  say(`\nWritten to ${write(root, { load, ...results, verdicts })}`);
  return verdicts.every(({ met }) => met) ? 0 : 1;
}

// Threads and processes of the bench begin here, too.
export { browse, measureCost };

/** Sizes are measured side by side, each in a thread of its own: reading many tables must not hold the other's readers up. */
function inThread(options: CostOptions): Promise<Cost> {
  const code = `const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.entry)
      .then(({ measureCost }) => measureCost(workerData.options))
      .then((cost) => parentPort.postMessage({ cost }), (error) => parentPort.postMessage({ failed: String(error?.stack ?? error) }));`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true, workerData: { entry: import.meta.url, options } });
    worker.once('error', reject);
    worker.once('message', ({ cost, failed }: { cost?: Cost; failed?: string }) => {
      void worker.terminate();
      if (cost) resolve(cost);
      else reject(new Error(failed));
    });
  });
}

function write(root: string, results: Results & { load: number; verdicts: Verdict[] }): string {
  const folder = join(root, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const file = join(folder, `${at.replace(/[:.]/g, '-')}.json`);
  const machine = { node: process.version, processors: cpus().length };
  writeFileSync(file, `${JSON.stringify({ at, machine, ...results }, null, 2)}\n`);
  return file;
}

const say = (text: string) => process.stdout.write(`${text}\n`);
