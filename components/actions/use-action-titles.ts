'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { actionsQuery } from '@/lib/client/maintenance-queries';

/** What each action is called, by its id; empty until it is known. */
export function useActionTitles(enabled: boolean): ReadonlyMap<string, string> {
  const actions = useQuery({ ...actionsQuery(), enabled }).data?.actions;
  return useMemo(() => new Map(actions?.map(({ id, title }) => [id, title])), [actions]);
}
