import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { RelationFit } from '@/lib/actions/fits';
import type { ActionDescription, PreviewBody, Run } from '@/lib/actions/protocol';
import type { Target, TargetKind } from '@/lib/actions/target';
import type { DdlAnswer } from '@/lib/ddl/check';
import type { Created, SchedulesAnswer } from '@/lib/schedules/shapes';
import { request, withQuery } from './request';

const path = (server: string, rest: string) => `/api/servers/${encodeURIComponent(server)}/${rest}`;

/** What pgdeck can do; it does not change while it runs. */
export function actionsQuery() {
  return queryOptions({
    queryKey: ['actions'],
    queryFn: ({ signal }) => request<{ actions: ActionDescription[] }>('/api/actions', { signal }),
    staleTime: 5 * 60_000,
  });
}

/** The runs of a server, newest first. */
export function runsQuery(server: string) {
  return queryOptions({
    queryKey: ['runs', server],
    queryFn: async ({ signal }) => {
      const { runs } = await request<{ runs: Run[] }>(withQuery('/api/runs', { server }), { signal });
      return { runs: runs.filter((run) => run.server === server) };
    },
    staleTime: 1000,
    refetchInterval: 2000,
  });
}

/** One thing that an action can be done to. */
export type TargetChoice = { label: string; detail: string | null; target: Target };

/** What there is of a kind, at most 50 whose label contains the text; of relations those that an action fits. */
export function choicesQuery(
  server: string,
  ask: { kind: TargetKind; database: string; search: string } & Partial<RelationFit>,
) {
  return queryOptions({
    queryKey: ['choices', server, ask],
    queryFn: ({ signal }) => {
      const partition = ask.partition === undefined ? undefined : String(ask.partition);
      const asked = withQuery(path(server, 'actions/choices'), { ...ask, partition });
      return request<{ choices: TargetChoice[] }>(asked, { signal });
    },
    staleTime: 5000,
    placeholderData: keepPreviousData,
  });
}

/** A column of a table, as the form of an index knows it. */
export type IndexColumn = {
  attnum: number;
  name: string;
  type: string;
  opclasses: { oid: number; name: string; method: string; isDefault: boolean }[];
};

/** What an index of a table can be made of. */
export type IndexForm = {
  relation: string;
  partitioned: boolean;
  /** Storage parameters that are set, as `name=value`. */
  parameters: string[];
  methods: string[];
  columns: IndexColumn[];
};

/** The columns, methods and operator classes of a table. */
export function indexFormQuery(server: string, of: { database: string; oid: number }) {
  return queryOptions({
    queryKey: ['index-form', server, of],
    queryFn: ({ signal }) => request<IndexForm>(withQuery(path(server, 'actions/index-form'), of), { signal }),
    staleTime: 5000,
  });
}

/** The schedules of a server. */
export function schedulesQuery(server: string) {
  return queryOptions({
    queryKey: ['schedules', server],
    queryFn: ({ signal }) => request<SchedulesAnswer>(path(server, 'schedules'), { signal }),
    staleTime: 5000,
    refetchInterval: 10_000,
  });
}

/** What a schedule is made of; `dryRun`: only previewed. */
export type NewSchedule = {
  title: string;
  cron: string;
  timeZone: string;
  body: PreviewBody;
  confirmText?: string;
  dryRun?: true;
};

/** Makes a schedule, or only previews what it would do. */
export function makeSchedule(server: string, body: NewSchedule) {
  return request<Created>(path(server, 'schedules'), { body });
}

/** Changes a schedule: turns it on or off. */
export function changeSchedule(server: string, id: string, body: { enabled: boolean }) {
  return request<unknown>(path(server, `schedules/${encodeURIComponent(id)}`), { method: 'PATCH', body });
}

/** Deletes a schedule. */
export function deleteSchedule(server: string, id: string) {
  return request<unknown>(path(server, `schedules/${encodeURIComponent(id)}`), { method: 'DELETE', body: {} });
}

/** Asks what DDL would block; it is parsed, never run. */
export function askDdl(server: string, database: string, sql: string) {
  return request<DdlAnswer>(path(server, 'ddl'), { body: { database, sql } });
}
