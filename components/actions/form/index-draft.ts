import type { IndexColumn, IndexForm } from '@/lib/client/maintenance-queries';
import type { Values } from './schema';

/** One column or expression of an index on its way; `key` only tells them apart. */
export type Part = {
  key: number;
  attnum?: number;
  expression?: string;
  order?: 'asc' | 'desc';
  nulls?: 'first' | 'last';
  opclass?: number;
};

/** An index on its way, as the form holds it. */
export type IndexDraft = {
  columns: Part[];
  include: number[];
  where: string;
  method: string;
  name: string;
  unique: boolean;
};

/** What a form holds, read as an index; what is not there is as PostgreSQL has it by itself. */
export function indexDraft(values: Values): IndexDraft {
  const columns = Array.isArray(values.columns) ? (values.columns as Omit<Part, 'key'>[]) : [];
  return {
    columns: columns.map((part, at) => ({ key: at + 1, ...part })),
    include: Array.isArray(values.include) ? (values.include as number[]) : [],
    where: typeof values.where === 'string' ? values.where : '',
    method: typeof values.method === 'string' ? values.method : 'btree',
    name: typeof values.name === 'string' ? values.name : '',
    unique: values.unique === true,
  };
}

/** The options of `create-index`; what is left to PostgreSQL is left out. */
export function indexOptions({ columns, include, where, method, name, unique }: IndexDraft): Record<string, unknown> {
  const ordered = method === 'btree';
  return {
    columns: columns.map(({ attnum, expression, order, nulls, opclass }) => ({
      ...(attnum !== undefined ? { attnum } : { expression: expression?.trim() ?? '' }),
      ...(ordered && order && { order }),
      ...(ordered && nulls && { nulls }),
      ...(opclass !== undefined && { opclass }),
    })),
    ...(include.length > 0 && takesInclude(method) && { include }),
    ...(where.trim() && { where: where.trim() }),
    ...(method !== 'btree' && { method }),
    ...(name.trim() && { name: name.trim() }),
    ...(unique && ordered && { unique }),
  };
}

/** Whether indexes of a method carry more columns. */
export function takesInclude(method: string): boolean {
  return method === 'btree' || method === 'gist' || method === 'spgist';
}

/** Adds a column or an expression at the end. */
export function withPart(draft: IndexDraft, part: Omit<Part, 'key'>): IndexDraft {
  const key = 1 + Math.max(0, ...draft.columns.map((each) => each.key));
  const include = draft.include.filter((attnum) => attnum !== part.attnum);
  return { ...draft, include, columns: [...draft.columns, { key, ...part }] };
}

/** Moves a part by one place; at the end it stays. */
export function moved(draft: IndexDraft, key: number, by: -1 | 1): IndexDraft {
  const at = draft.columns.findIndex((part) => part.key === key);
  const to = at + by;
  const part = draft.columns[at];
  if (!part || to < 0 || to >= draft.columns.length) return draft;
  const columns = draft.columns.filter((each) => each.key !== key);
  columns.splice(to, 0, part);
  return { ...draft, columns };
}

/** Changes one part. */
export function changed(draft: IndexDraft, key: number, change: Partial<Part>): IndexDraft {
  return { ...draft, columns: draft.columns.map((part) => (part.key === key ? { ...part, ...change } : part)) };
}

/** Another method: operator classes are of one method alone, so they go. */
export function withMethod(draft: IndexDraft, method: string): IndexDraft {
  return { ...draft, method, columns: draft.columns.map(({ opclass: _gone, ...part }) => part) };
}

/** What a part is called. */
export function partName(part: Part, form: IndexForm | undefined, place: number): string {
  if (part.attnum === undefined) return `expression ${place}`;
  return columnOf(part.attnum, form)?.name ?? `column ${part.attnum}`;
}

/** A column by its number. */
export function columnOf(attnum: number | undefined, form: IndexForm | undefined): IndexColumn | undefined {
  return form?.columns.find((column) => column.attnum === attnum);
}

/** What is wrong with the index as it stands, in words; undefined: nothing that can be told here. */
export function wrongIndex(draft: IndexDraft): { field: string; message: string } | undefined {
  if (draft.columns.length === 0) return { field: 'columns', message: 'Add at least one column or expression.' };
  const empty = draft.columns.findIndex((part) => part.attnum === undefined && !part.expression?.trim());
  if (empty >= 0) return { field: 'columns', message: `Expression ${empty + 1} is empty: write it or remove it.` };
  return undefined;
}
