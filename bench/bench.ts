import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Cost, measureCost } from './cost';
import { costText, costVerdicts, table, type Verdict } from './report';

const parts = ['cost'] as const;
type Part = (typeof parts)[number];

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== 'bench'),
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    tables: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const chosen: Part[] = positionals.length > 0 ? (positionals as Part[]) : [...parts];
const sizes = values.tables?.split(',').map(Number) ?? (values.quick ? [50, 500] : [50, 5000]);
const windowSeconds = Number(values.seconds ?? (values.quick ? 60 : 300));

const results: { costs?: Cost[] } = {};
const verdicts: Verdict[] = [];
if (chosen.includes('cost')) {
  results.costs = await Promise.all(
    sizes.map((tables) =>
      measureCost({ tables, statements: 5000, warmUpSeconds: values.quick ? 10 : 30, windowSeconds }),
    ),
  );
  for (const cost of results.costs) {
    console.log(`\n${costText(cost)}`);
    verdicts.push(...costVerdicts(cost));
  }
}
console.log(
  `\n${table(
    ['', 'measured', 'limit', ''],
    verdicts.map(({ what, measured, limit, met }) => [what, measured, limit, met ? 'met' : 'NOT MET']),
  )}`,
);
const folder = join(process.cwd(), 'bench', 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, `${new Date().toISOString().replace(/[:.]/g, '-')}.json`),
  `${JSON.stringify({ at: new Date().toISOString(), ...results, verdicts }, null, 2)}\n`,
);
