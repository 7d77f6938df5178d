/** What an open page asks for again and again: a path below the server, and every how many seconds. */
export type Poll = { path: string; everySeconds: number /** How far back a chart goes, seconds. */; last?: number };

const of = (path: string, everySeconds: number): Poll => ({ path: `/api/servers/default/${path}`, everySeconds });
const chart = (series: string): Poll => ({ ...of(`series/${series}`, 10), last: 3600 });

/** On every page. */
const always: Poll[] = [
  { path: '/api/servers', everySeconds: 5 },
  { path: '/api/history', everySeconds: 20 },
  of('findings', 5),
];
const events: Poll = { ...of('changes?limit=300', 15), last: 3600 };

/** What two open pages ask for, as Chromium was seen to (e2e/tabs.spec.ts holds them to it). */
export const pages = {
  overview: [
    ...always,
    events,
    { ...of('changes?limit=100', 10), last: 3600 },
    of('connections', 5),
    of('databases', 10),
    of('slow-queries?min_mean_ms=0&limit=5', 15),
    of('tables', 60),
    of('server', 300),
    ...['active-sessions', 'connections', 'transactions', 'waiting-sessions'].map(chart),
  ],
  sessions: [...always, events, of('sessions', 2), of('connections', 5), chart('connections')],
} satisfies Record<string, Poll[]>;

/** What a browser asks for that has both open, in two windows: the same question once, as often as the quicker one. */
export function pollsOf(...open: Poll[][]): Poll[] {
  const polls = new Map<string, Poll>();
  for (const poll of open.flat()) {
    const { everySeconds } = polls.get(poll.path) ?? poll;
    polls.set(poll.path, { ...poll, everySeconds: Math.min(everySeconds, poll.everySeconds) });
  }
  return [...polls.values()];
}

/** The address of a poll now. */
export function addressOf({ path, last }: Poll, now = Date.now()): string {
  if (last === undefined) return path;
  return `${path}${path.includes('?') ? '&' : '?'}from=${Math.floor(now / 1000) - last}`;
}
