/** When something was told, as a page's view of a topic says. */
export type Told = { at: number | null; sampledAt: string | undefined; answer: { status: string } | undefined };

/**
 * How sessions and what PgBouncer told are joined. `anew`: the sessions are the newer, or both are of the past. `soon`: the
 * next ones will be. `later`: the server does not answer, and PgBouncer told of a time after these sessions.
 */
export function joinOf(sessions: Told, bouncer: readonly Told[]): 'anew' | 'soon' | 'later' {
  const { at, sampledAt, answer } = sessions;
  if (at !== null || sampledAt === undefined) return 'anew';
  const newer = bouncer.some((told) => told.sampledAt !== undefined && told.sampledAt > sampledAt);
  if (newer && answer?.status === 'unavailable') return 'later';
  return newer || bouncer.some((told) => told.answer === undefined) ? 'soon' : 'anew';
}
