'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo } from 'react';
import { useDatabase } from '@/lib/client/url-state';
import { type LoadFilter, parseLoadFilters, printLoadFilters, type Slice, slices } from './filters';

const stacks = ['class', 'wait'] as const;

/** By what the chart is stacked. */
export type Stack = (typeof stacks)[number];

/** What the Load page shows, as the URL holds it: slice, stack and filters; `asked` is the filter as the API takes it. */
export function useLoadChoice() {
  const [slice, setSlice] = useQueryState('by', parseAsStringLiteral(slices).withDefault('statement'));
  const [stack, setStack] = useQueryState('stack', parseAsStringLiteral(stacks).withDefault('class'));
  const [text, setText] = useQueryState('filter', parseAsString.withDefault('').withOptions({ history: 'push' }));
  const [database] = useDatabase();
  const filters = useMemo(() => parseLoadFilters(text), [text]);
  const asked = useMemo(() => {
    const own = filters.some(({ by }) => by === 'database');
    return printLoadFilters(database && !own ? [...filters, { by: 'database', value: database }] : filters);
  }, [filters, database]);
  return {
    slice,
    setSlice: (next: Slice) => void setSlice(next),
    stack,
    setStack: (next: Stack) => void setStack(next),
    filters,
    setFilters: (next: LoadFilter[]) => void setText(printLoadFilters(next) || null),
    asked,
  };
}
