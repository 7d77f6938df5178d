import { waitClasses } from '@/lib/topics/connections';
import type { LoadBy } from './answers';
import type { Reader } from './reader';
import { type Dimension, dimensions } from './recordings';

/** Something that load cannot be asked by, in a sentence for who asked. */
export class FilterProblem extends Error {}

/** One part of a filter: `lock` by class, a statement's id, a user's name … */
export type LoadFilter = { by: LoadBy; value: string };

/** Whether a text is the id of a statement: a whole number of 64 bits. */
export const isStatementId = (text: string) =>
  /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);

/** By what load can be asked. */
export const loadBys = ['class', ...(Object.keys(dimensions) as Dimension[])] as const;

/**
 * Reads `class:lock,user:app`: parts joined by commas, each with its value URI-encoded so that it may hold a comma. An
 * empty value is what has none (no user, no client …).
 */
export function parseLoadFilter(text: string | undefined): LoadFilter[] {
  const filters = (text ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part): LoadFilter => {
      const at = part.indexOf(':');
      const by = loadBys.find((each) => each === part.slice(0, Math.max(0, at)));
      if (!by) throw new FilterProblem(`"${part}" does not begin with ${loadBys.join(':, ')}:`);
      const value = decoded(part.slice(at + 1));
      if (value.includes('\0')) throw new FilterProblem('The character NUL is in no name');
      if (by === 'class' && !(waitClasses as readonly string[]).includes(value))
        throw new FilterProblem(`"${value}" is not a wait class. There are: ${waitClasses.join(', ')}`);
      if (by === 'statement' && !isStatementId(value))
        throw new FilterProblem(`"${value}" is not the id of a statement, as series and top give it`);
      return { by, value };
    });
  if (new Set(filters.map(({ by }) => by)).size < filters.length)
    throw new FilterProblem('The same kind is given twice');
  return filters;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new FilterProblem(`"${text}" is not URI-encoded`);
  }
}

/** The wait class of a wait event as it is recorded: `lock` of `Lock:transactionid`. */
export function classOfWait(word: string | undefined): (typeof waitClasses)[number] {
  const name = word?.split(':')[0]?.toLowerCase();
  return waitClasses.find((each) => each === name) ?? 'other';
}

/** What load is asked for, in ids of the store. */
export type LoadQuestion = {
  by: LoadBy;
  /** Wait events that count; undefined: all. */
  waits: number[] | undefined;
  /** Narrowed to one wait event, not only to a class. */
  oneWait: boolean;
  /** What else it is narrowed to. */
  keys: { dimension: Dimension; id: string }[];
  /** Every wait event: id and class, as arrays of the same length. */
  classes: { ids: number[]; classes: number[] };
};

/** What no row has: a word that was never recorded. */
const nothing = '-2';

/** Looks up the ids of words. */
export async function loadQuestion(reader: Reader, by: LoadBy, filters: LoadFilter[]): Promise<LoadQuestion> {
  const words = [...(await reader.waits())];
  const classes = words.map(([, word]) => waitClasses.indexOf(classOfWait(word)));
  let waits: number[] | undefined;
  const keys: LoadQuestion['keys'] = [];
  for (const filter of filters) {
    if (filter.by === 'class' || filter.by === 'wait') {
      const fits = words
        .filter(([, word]) => (filter.by === 'wait' ? word : classOfWait(word)) === filter.value)
        .map(([id]) => id);
      waits = waits ? waits.filter((id) => fits.includes(id)) : fits;
    } else if (filter.by === 'statement') keys.push({ dimension: 'statement', id: filter.value });
    else {
      const id = filter.value === '' ? 0 : await reader.wordId(filter.by, filter.value);
      keys.push({ dimension: filter.by, id: String(id ?? nothing) });
    }
  }
  const oneWait = filters.some((filter) => filter.by === 'wait');
  return { by, waits, oneWait, keys, classes: { ids: words.map(([id]) => id), classes } };
}

/** The dimensions, other than waits, that a question is about. */
export function dimensionsOf({ by, keys }: Pick<LoadQuestion, 'by' | 'keys'>): Dimension[] {
  const own = by === 'class' || by === 'wait' ? [] : [by];
  return [...new Set([...own, ...keys.map(({ dimension }) => dimension)])];
}
