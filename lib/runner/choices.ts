import { createHmac, randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { badInput } from '@/lib/access/errors';
import { homeOf, requireDatabase, type ServerAccess, seesDatabase } from '@/lib/access/server-access';
import type { RelationFit } from '@/lib/actions/fits';
import { subjects } from '@/lib/actions/subjects/index';
import type { Reader, SubjectReader } from '@/lib/actions/subjects/subject';
import { target } from '@/lib/actions/target';
import type { choice } from '@/lib/api/actions';
import type { Server } from '@/lib/runtime';

/** Keeps a list for a while, by the database and what was asked of it. */
export type Keep = <Value extends object>(
  spot: { database: string; name: string },
  ask: () => Promise<Value>,
) => Promise<Value>;

/** What is kept is listed for others by its name: what somebody searches for does not stand there, and cannot be guessed. */
const seal = randomBytes(32);
const sealed = (words: string) => `#${createHmac('sha256', seal).update(words).digest('base64url').slice(0, 16)}`;

/** How many are offered at once: the rest is found by typing. */
const mostChoices = 50;

/** One thing that an action can be done to, in words and as a preview wants it. */
export type Choice = z.infer<typeof choice>;

/**
 * What to choose from: a kind of target, the database to look in (missing: the one pgdeck acts in), a text in the name;
 * of relations only those that fit.
 */
export type Sought = {
  kind: string;
  database?: string | undefined;
  search?: string | undefined;
} & Partial<RelationFit>;

/** What somebody may see of a kind of target, at most 50; 400 for a kind that cannot be listed and for an unknown database. */
export async function choicesOf(
  { config, connections }: Server,
  access: ServerAccess,
  sought: Sought,
  keep: Keep = (_, ask) => ask(),
): Promise<Choice[]> {
  const { kind, search = '' } = sought;
  const readers = subjects as Record<string, SubjectReader | undefined>;
  const choices = Object.hasOwn(readers, kind) ? readers[kind]?.choices : undefined;
  if (!choices) throw badInput(`kind: there is nothing to choose from. It can be ${chosenFrom().join(', ')}.`, 'kind');
  const known = connections.capabilities?.databases;
  const database = sought.database || homeOf(access, { read: config.action }, known);
  // What is in no database belongs to the server as a whole.
  requireDatabase(access, config.id, isInDatabase(kind) ? database : null);
  // A failed attempt to connect would make every other question to this server wait.
  if (known && !known.includes(database))
    throw badInput(`database: there is no database "${database}" to connect to.`, 'database');
  const reader: Reader = {
    role: config.action.user,
    major: Math.floor((connections.capabilities?.versionNum ?? 140_000) / 10_000),
    home: config.action.database,
  };
  const { relkinds = '', partition = null } = sought;
  const words = search.toLowerCase();
  const name = ['choices', kind, relkinds, partition === null ? '' : partition ? 'partitions' : 'no partitions'];
  const rows = await keep({ database, name: [...name, words && sealed(words)].filter(Boolean).join(' ') }, () =>
    connections.ask<Choice>('walking', database, choices(reader, database, sought), [words, mostChoices]),
  );
  // What a preview would not take, such as a name beyond what it allows, is not offered.
  return rows
    .filter((row) => target.safeParse(row.target).success)
    .filter((row) => !('database' in row.target) || seesDatabase(access, row.target.database))
    .slice(0, mostChoices);
}

function isInDatabase(kind: string): boolean {
  return target.options.some(({ shape }) => shape.kind.value === kind && 'database' in shape);
}

/** The kinds of target that can be listed. */
export function chosenFrom(): string[] {
  return Object.entries(subjects)
    .filter(([, reader]) => reader?.choices)
    .map(([kind]) => kind)
    .sort();
}
