import { quoted } from '@/lib/identifier';
import { type Draft, type Found, folded } from './draft';

/** A part of a definition: a text, or texts by name (columns, constraints, triggers …). */
export type Part = string | Record<string, string>;

/** An object of topic `schema`; `of`: the table it belongs to. */
export type SchemaObject = { name: string; oid: string; of?: string; parts: Record<string, Part> };

/** A row of topic `schema`. */
export type SchemaGroup = { schemaname: string; kind: string; fingerprint: string; definitions: SchemaObject[] };

type Known = SchemaObject & { schemaname: string; kind: string };

/** Where objects are, whether not all of them are seen, and whether texts of expressions may differ by the version alone. */
export type SchemaContext = { database: string; capped: boolean; otherVersion: boolean };

/** Kinds whose rows are gone when one is dropped and created again under the same name. */
const withRows = new Set(['table', 'materialized view', 'sequence']);

/** What was created, dropped, renamed and altered between two readings of topic `schema`. */
export function schemaChanges(before: SchemaGroup[], after: SchemaGroup[], context: SchemaContext): Draft[] {
  const key = ({ schemaname, kind }: SchemaGroup) => `${kind}\n${schemaname}`;
  const old = new Map(before.map((group) => [key(group), group]));
  const same = new Set(after.filter((group) => old.get(key(group))?.fingerprint === group.fingerprint).map(key));
  const earlier = objects(before.filter((group) => !same.has(key(group))));
  const later = objects(after.filter((group) => !same.has(key(group))));
  const newest = Math.max(0, ...before.flatMap((group) => group.definitions.map(({ oid }) => Number(oid))));

  const dropped = [...earlier].filter(([id]) => !later.has(id)).map(([, object]) => object);
  // Of a capped reading an old object may come into sight because another one went.
  const created = [...later]
    .filter(([id, { oid }]) => !earlier.has(id) && !(context.capped && Number(oid) <= newest))
    .map(([, object]) => object);
  const renamed = new Map<Known, Known>();
  for (const object of created) {
    const was = dropped.find((each) => each.oid === object.oid && each.kind === object.kind);
    if (was) renamed.set(object, was);
  }
  const gone = new Set(renamed.values());
  const found: Found[] = [];
  for (const [object, was] of renamed) found.push(rename(was, object), ...alter(was, object, context));
  found.push(
    ...whole(
      created.filter((each) => !renamed.has(each)),
      'created',
    ),
  );
  found.push(
    ...whole(
      dropped.filter((each) => !gone.has(each)),
      'dropped',
    ),
  );
  for (const [id, object] of later) {
    const was = earlier.get(id);
    if (was) found.push(...alter(was, object, context));
  }
  return folded(found.map((each) => ({ ...each, detail: { ...each.detail, database: context.database } })));
}

function objects(groups: SchemaGroup[]): Map<string, Known> {
  const all = new Map<string, Known>();
  for (const { schemaname, kind, definitions } of groups)
    for (const object of definitions)
      all.set(`${kind}\n${schemaname}\n${object.name}`, { ...object, schemaname, kind });
  return all;
}

/** The name as one would write it: without the schema where that is `public`, functions with their arguments. */
function named({ schemaname, kind, name }: Known): string {
  if (kind === 'schema' || kind === 'extension') return quoted(name);
  const [bare = name, rest] = /^(.*?)(\(.*)$/s.exec(name)?.slice(1) ?? [];
  const own = `${quoted(bare)}${rest ?? ''}`;
  return schemaname === 'public' ? own : `${quoted(schemaname)}.${own}`;
}

const eventKind = (kind: string): Draft['kind'] => (kind === 'extension' ? 'extension' : 'schema');
const plural = (kind: string) => (kind === 'index' ? 'indexes' : `${kind}s`);
const textOf = (part: Part | undefined) => (typeof part === 'string' ? part : undefined);

/** Objects that came or went; what comes and goes with a table or schema is told with that. */
function whole(all: Known[], verb: 'created' | 'dropped'): Found[] {
  const schemas = new Set(all.filter(({ kind }) => kind === 'schema').map(({ name }) => name));
  const tables = new Set(
    all.filter(({ kind }) => kind === 'table').map(({ schemaname, name }) => `${schemaname}\n${name}`),
  );
  const parent = (object: Known) =>
    verb === 'dropped' && object.kind !== 'schema' && schemas.has(object.schemaname)
      ? `schema\n${object.schemaname}`
      : object.of !== undefined && tables.has(`${object.schemaname}\n${object.of}`)
        ? `table\n${object.schemaname}\n${object.of}`
        : undefined;
  const inside = new Map<string, string[]>();
  for (const object of all) {
    const of = parent(object);
    if (of) inside.set(of, [...(inside.get(of) ?? []), `${object.kind} ${quoted(object.name)}`]);
  }
  return all
    .filter((object) => parent(object) === undefined)
    .map((object): Found => {
      const { kind, schemaname, name, parts } = object;
      const contents = inside.get(kind === 'schema' ? `schema\n${name}` : `table\n${schemaname}\n${name}`);
      const of = textOf(parts['partition of']);
      const word = of === undefined ? kind : 'partition';
      const version = kind === 'extension' ? textOf(parts.version) : undefined;
      const place = kind === 'index' && object.of ? ` on ${quoted(object.of)}` : of ? ` of ${quoted(of)}` : '';
      return {
        kind: eventKind(kind),
        title: `${word} ${named(object)}${version ? ` ${version}` : ''}${place} ${verb}`,
        detail: {
          object: `${kind} ${named(object)}`,
          ...(typeof parts.columns === 'object' && { columns: Object.keys(parts.columns) }),
          ...(kind === 'index' && typeof parts.columns === 'string' && { columns: parts.columns }),
          ...(contents && { with: contents.slice(0, 100) }),
        },
        sort: `${plural(word)} ${verb}`,
        name: named(object),
      };
    });
}

function rename(before: Known, after: Known): Found {
  return {
    kind: eventKind(after.kind),
    title: `${after.kind} ${named(before)} is now ${named(after)}`,
    detail: { object: `${after.kind} ${named(after)}`, before: named(before), after: named(after) },
    sort: `${plural(after.kind)} renamed`,
    name: named(after),
  };
}

/** Parts that are fingerprints of texts which another version of PostgreSQL writes otherwise. */
const versioned = new Set([
  'definition',
  'body',
  'arguments',
  'bound',
  'default',
  'rules',
  'triggers',
  'policies',
  'statistics',
]);

function alter(before: Known, after: Known, { otherVersion }: SchemaContext): Found[] {
  const names = [...new Set([...Object.keys(before.parts), ...Object.keys(after.parts)])];
  const attached = before.parts['partition of'] !== after.parts['partition of'];
  const words: string[] = [];
  const detail: { before: Record<string, Part>; after: Record<string, Part> } = { before: {}, after: {} };
  if (withRows.has(after.kind) && before.oid !== after.oid) words.push('dropped and created again');
  for (const part of names) {
    // A partition has the columns and constraints of its table: they are listed there.
    if (attached && (part === 'columns' || part === 'constraints' || part === 'bound')) continue;
    if (otherVersion && versioned.has(part)) continue;
    const [old, now] = [before.parts[part], after.parts[part]];
    const said = changed(part, old, now, otherVersion);
    if (said.length === 0) continue;
    words.push(...said);
    if (hashed.has(part)) continue;
    const [was, is] = [differing(old, now), differing(now, old)];
    if (was !== undefined) detail.before[part] = was;
    if (is !== undefined) detail.after[part] = is;
  }
  if (words.length === 0) return [];
  const told = words.length > 3 ? [...words.slice(0, 3), `${words.length - 3} more`] : words;
  return [
    {
      kind: eventKind(after.kind),
      title: `${after.kind} ${named(after)}: ${told.join('; ')}`,
      detail: {
        object: `${after.kind} ${named(after)}`,
        ...(words.length > 3 && { changes: words }),
        ...Object.fromEntries(Object.entries(detail).filter(([, parts]) => Object.keys(parts).length > 0)),
      },
      sort: `${plural(after.kind)} changed`,
      name: named(after),
    },
  ];
}

/** Of names with texts those that the other side does not have, or has otherwise; undefined where there are none. */
function differing(part: Part | undefined, other: Part | undefined): Part | undefined {
  if (typeof part !== 'object' || typeof other !== 'object') return part;
  const otherwise = Object.entries(part).filter(([name, text]) => other[name] !== text);
  if (otherwise.length === 0) return undefined;
  return Object.fromEntries(otherwise.map(([name, text]) => [name, text.replace(fingerprint, '').trim()]));
}

const one: Record<string, string> = {
  columns: 'column',
  constraints: 'constraint',
  triggers: 'trigger',
  policies: 'policy',
  rules: 'rule',
  statistics: 'statistics',
};

function changed(part: string, before: Part | undefined, after: Part | undefined, otherVersion: boolean): string[] {
  if (typeof before !== 'object' && typeof after !== 'object')
    return before === after ? [] : [changedText(part, before, after)];
  const [old, now] = [typeof before === 'object' ? before : {}, typeof after === 'object' ? after : {}];
  const word = one[part] ?? part;
  const added = Object.keys(now).filter((name) => !(name in old));
  const dropped = Object.keys(old).filter((name) => !(name in now));
  return [
    ...added.map((name) => `${word} ${quoted(name)} added`),
    ...dropped.map((name) => `${word} ${quoted(name)} dropped`),
    ...Object.entries(now).flatMap(([name, text]) => {
      const was = old[name];
      if (was === undefined || was === text) return [];
      const said = changedMember(text, was, otherVersion);
      return said === undefined ? [] : [`${said.default ? 'default of ' : ''}${word} ${quoted(name)} ${said.words}`];
    }),
  ];
}

const fingerprint = /(?: default)? ?#[0-9a-f]{8}/;

/** How a column, constraint or trigger changed; undefined: only in what another version writes otherwise. */
function changedMember(now: string, was: string, otherVersion: boolean): { words: string; default?: true } | undefined {
  const [plainNow, plainWas] = [now.replace(fingerprint, ''), was.replace(fingerprint, '')];
  if (plainNow !== plainWas) {
    const [from, to] = [plainWas.trim(), plainNow.trim()];
    return { words: from && to ? `${from} → ${to}` : to ? `now ${to}` : `no longer ${from}` };
  }
  const [hasDefault, hadDefault] = [now.includes(' default #'), was.includes(' default #')];
  if (!hasDefault && !hadDefault) return otherVersion ? undefined : { words: 'changed' };
  if (hasDefault && hadDefault) return otherVersion ? undefined : { words: 'changed', default: true };
  return { words: hasDefault ? 'set' : 'dropped', default: true };
}

/** Parts that are told apart, and not told. */
const hashed = new Set(['definition', 'body', 'arguments', 'bound', 'default']);

function changedText(part: string, before: Part | undefined, after: Part | undefined): string {
  if (part === 'validity') return after === undefined ? 'now valid' : 'no longer valid';
  if (part === 'partition of') return after === undefined ? `detached from ${before}` : `attached to ${after}`;
  if (hashed.has(part) || part === 'privileges') return `${part} changed`;
  if (before === undefined) return `${part} set to ${after}`;
  if (after === undefined) return `${part} ${before} removed`;
  return `${part} ${before} → ${after}`;
}
