import type { Claim } from '@/lib/actions/action';
import type { Catalog } from './catalog';

/** A name as it is written in a statement. */
export type Name = { schema?: string; name: string };

/** A lock that a statement takes on what it names, or on a relation that the catalog told of. */
export type Lock = { on: Name | number } & Pick<Claim, 'mode' | 'outlives' | 'also'>;

/** What a statement does to others, before its names are looked up. */
export type Effect = {
  /** `CREATE INDEX CONCURRENTLY` */
  kind: string;
  /** False: which locks it takes is not known here. */
  supported: boolean;
  locks: Lock[];
  /** Whether a table is written anew; null: it cannot be told. */
  rewrites: boolean | null;
  inTransaction: boolean;
  /** True: it waits for old snapshots in other tables too. */
  outlivesSnapshots?: boolean;
  warnings: string[];
  saferWay?: string;
  /** What it creates: later statements of the same text may mean it, and nobody else knows it yet. */
  creates?: Name[];
};

/** What is known beside the statement: the version of the server and its catalog. */
export type Context = { major: number; catalog: Catalog };

/** A node of PostgreSQL's syntax tree, as its parser gives it. */
export type Node = Record<string, unknown>;

/** An effect with what most statements have: supported, in a transaction, nothing written anew. */
export function effect(kind: string, locks: Lock[] = [], more: Partial<Effect> = {}): Effect {
  return { kind, supported: true, locks, rewrites: false, inTransaction: true, warnings: [], ...more };
}

/** An effect of a statement whose locks are not known here, with the reason. */
export function unknown(kind: string, why: string): Effect {
  return effect(kind, [], { supported: false, rewrites: null, warnings: [why] });
}

/** The name of a `RangeVar`, wrapped or not. */
export function nameOf(node: unknown): Name {
  const { RangeVar } = node as { RangeVar?: Node };
  const { schemaname, relname } = (RangeVar ?? node) as { schemaname?: string; relname: string };
  return schemaname === undefined ? { name: relname } : { schema: schemaname, name: relname };
}

/** Whether a `RangeVar` stands for its partitions and children too: without ONLY. */
export function inherits(node: unknown): boolean {
  const { RangeVar } = node as { RangeVar?: Node };
  return ((RangeVar ?? node) as { inh?: boolean }).inh === true;
}

/** The texts of a list of strings: `[s, t]` for `s.t`. */
export function textsOf(node: unknown): string[] {
  const list = Array.isArray(node) ? node : ((node as { List?: { items?: unknown[] } }).List?.items ?? []);
  return list.flatMap((each: unknown) => {
    const text = (each as { String?: { sval?: string } }).String?.sval;
    return text === undefined ? [] : [text];
  });
}

/** The name in a list of its parts; a third part before it would be the database. */
export function nameIn(parts: string[]): Name {
  const [name = '', schema] = [...parts].reverse();
  return schema === undefined ? { name } : { schema, name };
}

/** Whether an option list turns something on: `(full)`, `(full true)`, `concurrently`. */
export function isOn(options: unknown, name: string): boolean {
  return ((options ?? []) as { DefElem?: { defname?: string; arg?: Node } }[]).some(({ DefElem }) => {
    if (DefElem?.defname !== name) return false;
    const arg = DefElem.arg as
      | { String?: { sval?: string }; Integer?: { ival?: number }; Boolean?: { boolval?: boolean } }
      | undefined;
    if (!arg) return true;
    if (arg.Integer) return arg.Integer.ival === 1;
    if (arg.Boolean) return arg.Boolean.boolval === true;
    return ['true', 'on', '1'].includes(arg.String?.sval?.toLowerCase() ?? '');
  });
}

/** Parts of a table that are locked with it: its partitions and children where the statement goes down to them. */
export function withParts(mode: string, down: boolean): NonNullable<Claim['also']> {
  return down ? [{ what: 'partitions', mode }] : [];
}
