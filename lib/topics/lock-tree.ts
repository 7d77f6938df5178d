/** A session of a blocking tree: whom it waits for, and for how long (null: it does not wait). */
export type Waiter = { pid: number; blocked_by: number[]; waits_seconds: number | null };

/** Where a session stands in its tree. */
export type Place = {
  /** The session it stands under; null for a root. */
  parent_pid: number | null;
  root_pid: number;
  /** 0 for a root. */
  depth: number;
  /** How many sessions could go on if this one ended: those that wait for nobody else. */
  frees: number;
};

/**
 * Blocking trees, root first and each waiter under the one it waits for: the sessions in the order to show them, with
 * their places. Who waits for several stands under the one that waits itself (the end of the queue); a deadlock, until
 * the server ends it, is rooted at its smallest pid.
 */
export function blockingTrees<Session extends Waiter>(sessions: Session[]): (Session & Place)[] {
  const byPid = new Map(sessions.map((session) => [session.pid, session]));
  const blockers = new Map(
    sessions.map(({ pid, blocked_by }) => [pid, [...new Set(blocked_by)].filter((at) => at !== pid && byPid.has(at))]),
  );
  const parents = new Map(sessions.map(({ pid }) => [pid, parentOf(blockers.get(pid) ?? [], blockers, byPid)]));
  for (const { pid } of [...sessions].sort((a, b) => a.pid - b.pid)) if (inCycle(pid, parents)) parents.set(pid, null);

  const children = new Map<number | null, Session[]>();
  for (const session of sessions) {
    const parent = parents.get(session.pid) ?? null;
    children.set(parent, [...(children.get(parent) ?? []), session]);
  }
  const frees = new Map(sessions.map(({ pid }) => [pid, freedBy(pid, blockers)]));
  const byWeight = (a: Session, b: Session) =>
    (frees.get(b.pid) ?? 0) - (frees.get(a.pid) ?? 0) ||
    (b.waits_seconds ?? 0) - (a.waits_seconds ?? 0) ||
    a.pid - b.pid;

  const placed: (Session & Place)[] = [];
  const place = (session: Session, parent: number | null, root: number, depth: number) => {
    placed.push({ ...session, parent_pid: parent, root_pid: root, depth, frees: frees.get(session.pid) ?? 0 });
    for (const child of (children.get(session.pid) ?? []).sort(byWeight)) place(child, session.pid, root, depth + 1);
  };
  for (const root of (children.get(null) ?? []).sort(byWeight)) place(root, null, root.pid, 0);
  return placed;
}

function parentOf(candidates: number[], blockers: Map<number, number[]>, byPid: Map<number, Waiter>): number | null {
  const rank = (pid: number) => (blockers.get(pid)?.length ? 1 : 0);
  const waited = (pid: number) => byPid.get(pid)?.waits_seconds ?? 0;
  // The latest in the queue is the last that must go before this one can.
  return [...candidates].sort((a, b) => rank(b) - rank(a) || waited(a) - waited(b) || a - b)[0] ?? null;
}

function inCycle(pid: number, parents: Map<number, number | null>): boolean {
  const seen = new Set<number>();
  for (let at = parents.get(pid) ?? null; at !== null && !seen.has(at); at = parents.get(at) ?? null) {
    if (at === pid) return true;
    seen.add(at);
  }
  return false;
}

function freedBy(pid: number, blockers: Map<number, number[]>): number {
  const gone = new Set([pid]);
  for (let before = -1; before !== gone.size; ) {
    before = gone.size;
    for (const [other, waitsFor] of blockers)
      if (!gone.has(other) && waitsFor.length > 0 && waitsFor.every((at) => gone.has(at))) gone.add(other);
  }
  return gone.size - 1;
}
