import type { Raw } from './topic';

/** What PgBouncer's admin console can be asked to show. */
export type Show = 'POOLS' | 'STATS' | 'CLIENTS' | 'SERVERS' | 'DATABASES' | 'CONFIG' | 'USERS';

/** What it showed; empty where it was not asked, because this version has nothing of use there. */
export type Shown = { [Command in Show]?: Raw[] };

/** A question to the console of a server's PgBouncer. */
export type ConsoleQuestion = {
  /** The SHOW commands, one after another; `since`: asked only from this version (1.x) on. */
  show: { command: Show; since?: number }[];
  /** The topic's rows; `isHome` tells whether a row of SHOW DATABASES leads to the watched server; `minor`: of version 1.x. */
  rows(shown: Shown, isHome: (database: Raw) => boolean, minor: number): Raw[];
};

/** A figure, or null where this version does not show the column. */
export function figure(row: Raw | undefined, column: string): number | null {
  const value = row?.[column];
  if (value === null || value === undefined || String(value).trim() === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A text, or null where it is missing or empty. */
export function word(row: Raw | undefined, column: string): string | null {
  const value = row?.[column];
  return value === null || value === undefined || value === '' ? null : String(value);
}

/** 1 and 0 as true and false, or null where this version does not show the column. */
export function yes(row: Raw | undefined, column: string): boolean | null {
  const value = figure(row, column);
  return value === null ? null : value !== 0;
}

/** The size of a pool: from 1.24 on 0 means that there is no limit, which is null. */
export function sizeOrNone(size: number | null, minor: number): number | null {
  return size === 0 && minor >= 24 ? null : size;
}

/** Microseconds as seconds. */
export function secondsOf(row: Raw, microseconds: string): number | null {
  const value = figure(row, microseconds);
  return value === null ? null : value / 1e6;
}

/** Whole seconds and the microseconds beside them. */
export function secondsAndRest(row: Raw, column: string): number | null {
  const whole = figure(row, column);
  return whole === null ? null : whole + (figure(row, `${column}_us`) ?? 0) / 1e6;
}

/** Rows of databases, without the console's own, which is no database. */
export function real(rows: Raw[] | undefined, column: 'database' | 'name' = 'database'): Raw[] {
  return (rows ?? []).filter((row) => row[column] !== 'pgbouncer');
}

/** The names that the databases of SHOW DATABASES have on the watched server; none for one that leads elsewhere. */
export function homeNames(shown: Shown, isHome: (database: Raw) => boolean): Map<unknown, string> {
  return new Map(
    real(shown.DATABASES, 'name').flatMap((row) => {
      const name = isHome(row) ? word(row, 'database') : null;
      return name === null ? [] : [[row.name, name] as const];
    }),
  );
}

/** The words of the column that tells the name on the server, by which people see only the databases that they may see. */
export const datnameMeaning =
  'The name of the database on the watched server; null where PgBouncer leads elsewhere, or pgdeck cannot tell.';

const written = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ?(.*)$/;

/**
 * Ages by PgBouncer's own clock: it tells moments in its time zone and never the time, but the newest request of SHOW
 * CLIENTS is the one that asked.
 */
export function connectionTimes(clients: Raw[]): { since(row: Raw, column: string): number | null } {
  const read = (value: unknown) => {
    const [, time, zone] = written.exec(String(value ?? '')) ?? [];
    return time === undefined ? undefined : { ms: Date.parse(`${time.replace(' ', 'T')}Z`), zone };
  };
  const asking = clients.filter((row) => row.database === 'pgbouncer');
  const newest = asking.map((row) => read(row.request_time)).filter((moment) => moment !== undefined);
  const now = newest.sort((a, b) => b.ms - a.ms)[0];
  return {
    since(row, column) {
      const moment = read(row[column]);
      // Summer time begins or ends between the two.
      if (!now || !moment || moment.zone !== now.zone) return null;
      return Math.max(0, (now.ms - moment.ms) / 1000);
    },
  };
}
