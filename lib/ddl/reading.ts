import { type Context, type Effect, effect, type Lock, type Name, type Node, nameOf, withParts } from './effect';

const writes = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** The locks of a query or of a statement that changes rows: each table with the mode in which it is used. */
export async function queryLocks(query: unknown, { catalog }: Context): Promise<Lock[]> {
  const used = new Map<string, { name: Name; mode: string; how: Set<string> }>();
  const withQueries = new Set<string>();
  const add = (name: Name, mode: string, how = 'read') => {
    const key = JSON.stringify(name);
    const known = used.get(key) ?? { name, mode, how: new Set<string>() };
    if (mode === 'RowExclusiveLock' || (mode === 'RowShareLock' && known.mode === 'AccessShareLock')) known.mode = mode;
    used.set(key, { ...known, how: known.how.add(how) });
  };
  walk(query, (kind, node) => {
    if (kind === 'CommonTableExpr') withQueries.add(String(node.ctename));
    if (kind === 'RangeVar') add(nameOf(node), 'AccessShareLock');
    if (writes.has(kind)) add(nameOf(node.relation), 'RowExclusiveLock', kind);
    if (kind === 'SelectStmt' && node.lockingClause)
      for (const { name, alias } of fromNames(node.fromClause))
        if (isLocked(node.lockingClause, alias)) add(name, 'RowShareLock', 'lock');
  });
  const locks: Lock[] = [];
  for (const { name, mode, how } of used.values()) {
    if (name.schema === undefined && withQueries.has(name.name)) continue;
    const relation = await catalog.relation(name);
    locks.push({
      on: name,
      mode,
      also: [
        ...withParts(mode, relation?.relkind === 'p'),
        ...(how.has('InsertStmt') || how.has('UpdateStmt') || how.has('MergeStmt')
          ? [{ what: 'referenced' as const, mode: 'RowShareLock' }]
          : []),
        ...(how.has('DeleteStmt') ? [{ what: 'referencing' as const, mode: 'RowExclusiveLock' }] : []),
      ],
    });
    if (relation?.relkind === 'v')
      for (const source of await catalog.sourcesOf(relation.oid)) locks.push({ on: source, mode });
  }
  return locks;
}

const words: Record<string, string> = {
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
  SelectStmt: 'SELECT',
};

/** What a query or a statement that changes rows does to others. */
export async function queryEffect(kind: string, node: Node, context: Context): Promise<Effect> {
  const locks = await queryLocks({ [kind]: node }, context);
  const changes = locks.some(({ mode }) => mode === 'RowExclusiveLock');
  const locksRows = locks.some(({ mode }) => mode === 'RowShareLock');
  const into = (node.intoClause as Node | undefined)?.rel;
  const parts = locks.some(({ also = [] }) => also.some(({ what }) => what === 'partitions'));
  return effect(into ? 'SELECT INTO' : (words[kind] ?? kind), locks, {
    ...(into !== undefined && { creates: [nameOf(into)] }),
    warnings: [
      ...(parts ? ['Of a partitioned table only the partitions that are needed are locked: all of them at most.'] : []),
      ...(changes || locksRows
        ? [
            'Each row that it changes or locks stays locked until the transaction ends: others who change the same rows wait.',
          ]
        : []),
      ...(changes ? ['Triggers and cascading foreign keys may lock further tables.'] : []),
    ],
    ...(changes && {
      saferWay: 'Change many rows in parts of some thousands, each in a transaction of its own.',
    }),
  });
}

/** Calls `see` with each node below, by the kind that it is wrapped in. */
export function walk(value: unknown, see: (kind: string, node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, see);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [kind, node] of Object.entries(value)) {
    if (/^[A-Z]/.test(kind) && typeof node === 'object' && node !== null) see(kind, node as Node);
    // Left and right of a UNION are not wrapped in their kind.
    if ((kind === 'larg' || kind === 'rarg') && typeof node === 'object') see('SelectStmt', node as Node);
    walk(node, see);
  }
}

function fromNames(from: unknown): { name: Name; alias: string }[] {
  const names: { name: Name; alias: string }[] = [];
  walk(from ?? [], (kind, node) => {
    if (kind !== 'RangeVar') return;
    const name = nameOf(node);
    names.push({ name, alias: (node.alias as { aliasname?: string } | undefined)?.aliasname ?? name.name });
  });
  return names;
}

function isLocked(clauses: unknown, alias: string): boolean {
  return (clauses as { LockingClause?: { lockedRels?: unknown[] } }[]).some(
    ({ LockingClause }) =>
      !LockingClause?.lockedRels || LockingClause.lockedRels.some((rel) => nameOf(rel).name === alias),
  );
}
