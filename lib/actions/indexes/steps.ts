import { quoted } from '@/lib/identifier';
import type { Claim, Step } from '../action';
import type { RelationSubject } from '../subjects/subject';
import {
  compared,
  createIndex,
  type IndexDetails,
  type IndexOptions,
  type PresentIndex,
  type Shape,
  shapeOf,
  type TreeTable,
} from './definition';

/** An index that the steps make or complete: on which table, under which name. */
export type Planned = { relid: number; name: string };

/** The statements that make an index, on a partitioned table on each part of it. */
export type IndexSteps = {
  steps: Step[];
  planned: Planned[];
  /** The index that is wanted, as it is written in SQL. */
  quoted: string;
  name: string;
  /** What is there already and only attached or repaired, as words. */
  present: string[];
};

/** The partitioned index of a table, which the indexes of its parts are attached to. */
type Parent = { table: TreeTable; quoted: string; oid: number | undefined };

/** A partitioned index that an earlier attempt made and did not complete. */
export function begun(details: IndexDetails, options: IndexOptions): PresentIndex | undefined {
  const [root] = details.tree;
  if (root?.relkind !== 'p') return undefined;
  return alikeOn(root, wantedOn(root, details, options)).find(
    (index) => !index.valid && (options.name === undefined || options.name === index.name),
  );
}

/** The statement that is compared with the definitions of indexes that are there. */
function wantedOn(table: TreeTable, details: IndexDetails, options: IndexOptions): string {
  const shape = shapeOf(options, details, false);
  return shape ? createIndex(shape, { table: table.quoted, name: 'x' }) : '';
}

/** Indexes of a table that say the same as what is wanted, valid ones first; nothing else may own them. */
function alikeOn(table: TreeTable, wanted: string, parent?: number): PresentIndex[] {
  return table.indexes
    .filter((index) => index.parent === null || index.parent === parent)
    .filter((index) => compared(index.definition, wanted) !== undefined)
    .sort((a, b) => Number(b.parent === parent) - Number(a.parent === parent) || Number(b.valid) - Number(a.valid));
}

/** What is done, one statement after the other. */
export function indexSteps(
  subject: RelationSubject,
  options: IndexOptions,
  details: IndexDetails,
): IndexSteps | undefined {
  const [root] = details.tree;
  const shape = shapeOf(options, details);
  if (!root || !shape) return undefined;
  const name = options.name ?? root.proposed;
  if (root.relkind !== 'p')
    return {
      steps: [buildOn(root, name, shape)],
      planned: [{ relid: root.oid, name }],
      quoted: `${quoted(subject.schema)}.${quoted(name)}`,
      name,
      present: [],
    };
  return wholeWay(root, options, details, shape);
}

/** Builds on each part for itself, so that writes go on, and puts the parts together. */
function wholeWay(root: TreeTable, options: IndexOptions, details: IndexDetails, shape: Shape): IndexSteps {
  const steps: Step[] = [];
  const planned: Planned[] = [];
  const present: string[] = [];
  const names = new Set<string>();
  const parents = new Map<number, Parent>();
  for (const table of details.tree) {
    const parent = table.parent === null ? undefined : parents.get(table.parent);
    const found =
      table === root ? begun(details, options) : alikeOn(table, wantedOn(table, details, options), parent?.oid)[0];
    const name = found?.name ?? free(table === root ? (options.name ?? table.proposed) : table.proposed, table, names);
    const index = found?.quoted ?? `${quoted(table.schema)}.${quoted(name)}`;
    names.add(`${table.schema}.${name}`);
    planned.push({ relid: table.oid, name });
    if (found) present.push(`${found.quoted}${found.valid ? '' : ' (INVALID)'}`);
    if (table.relkind === 'p') {
      parents.set(table.oid, { table, quoted: index, oid: found?.oid });
      if (!found) steps.push(emptyOn(table, name, shape));
    } else if (!found) steps.push(buildOn(table, name, shape, `Build on ${table.quoted}`));
    else if (!found.valid) steps.push(repair(table, found));
    // To attach again what is attached lets PostgreSQL look whether the whole is valid now.
    const attached = found && found.parent !== null && (found.valid || table.relkind === 'p');
    if (parent && !attached) steps.push(attach(table, parent, index, found));
  }
  const [made] = planned;
  return { steps, planned, quoted: parents.get(root.oid)?.quoted ?? '', name: made?.name ?? '', present };
}

/** The name, or one with the table's OID where another part of the same plan has taken it. */
function free(name: string, table: TreeTable, names: Set<string>): string {
  if (!names.has(`${table.schema}.${name}`)) return name;
  let start = name;
  while (Buffer.byteLength(start) > 45) start = [...start].slice(0, -1).join('');
  return `${start}_${table.oid}_idx`;
}

function buildOn(table: TreeTable, name: string, shape: Shape, title?: string): Step {
  return {
    sql: createIndex(shape, { table: table.quoted, name, concurrently: true }),
    ...(title && { title }),
    locks: [{ ...claim(table, 'ShareUpdateExclusiveLock'), outlives: 'ShareLock' }],
    wait: 'patient',
    inTransaction: false,
    outlivesSnapshots: true,
    progress: 'CREATE INDEX',
  };
}

function emptyOn(table: TreeTable, name: string, shape: Shape): Step {
  return {
    sql: createIndex(shape, { table: table.quoted, name, only: true }),
    title: `Prepare on ${table.quoted}`,
    locks: [claim(table, 'ShareLock')],
    wait: 'brief',
    inTransaction: true,
  };
}

function repair(table: TreeTable, index: PresentIndex): Step {
  return {
    sql: `reindex /* pgdeck:create-index */ index concurrently ${index.quoted}`,
    title: `Repair ${index.quoted}`,
    locks: [
      { ...claim(table, 'ShareUpdateExclusiveLock'), outlives: 'AccessExclusiveLock' },
      { oid: index.oid, relation: index.quoted, mode: 'ShareUpdateExclusiveLock' },
    ],
    wait: 'patient',
    inTransaction: false,
    outlivesSnapshots: true,
    progress: 'CREATE INDEX',
  };
}

function attach(table: TreeTable, parent: Parent, index: string, found: PresentIndex | undefined): Step {
  const claims: Claim[] = [claim(parent.table, 'AccessShareLock'), claim(table, 'AccessShareLock')];
  if (parent.oid !== undefined)
    claims.push({ oid: parent.oid, relation: parent.quoted, mode: 'ShareUpdateExclusiveLock' });
  if (found) claims.push({ oid: found.oid, relation: index, mode: 'AccessExclusiveLock' });
  return {
    sql: `alter /* pgdeck:create-index */ index ${parent.quoted} attach partition ${index}`,
    title: `Attach the index of ${table.quoted}`,
    locks: claims,
    wait: 'brief',
    inTransaction: true,
  };
}

function claim({ oid, quoted }: TreeTable, mode: string): Claim {
  return { oid, relation: quoted, mode };
}
