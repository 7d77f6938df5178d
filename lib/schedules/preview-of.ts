import { ApiError } from '@/lib/access/errors';
import type { User } from '@/lib/access/user';
import type { Preview, PreviewBody } from '@/lib/actions/protocol';
import type { Parts } from './parts';

/** As many partitions ahead as one run makes. */
const mostAhead = 60;

/**
 * The preview that a schedule is made with. Where the partitions of the time to come are there already it shows the ones
 * after them, and says so: there will be something to make when time has gone on.
 */
export async function previewOf(
  runner: Parts['runner'],
  server: string,
  body: PreviewBody,
  user: User,
): Promise<Preview> {
  const ahead = body.action === 'create-partition' ? aheadOf(body) : undefined;
  let refused: ApiError | undefined;
  for (let count = ahead?.count ?? 0; ; count = Math.min(mostAhead, count * 2)) {
    const shown = refused && ahead ? { ...body, options: { ...body.options, ahead: { ...ahead, count } } } : body;
    try {
      const preview = await runner.preview(server, shown, user);
      if (!refused) return preview;
      const now = `Nothing has to be made now. ${refused.message} Shown is what comes after them.`;
      return { ...preview, warnings: [now, ...preview.warnings] };
    } catch (error) {
      if (!ahead || !isNothing(error) || count >= mostAhead) throw refused ?? error;
      refused ??= error;
    }
  }
}

/** Whether two previews of one schedule are of the same thing; of partitions to come, of the same table. */
export function sameSubject(action: string, before: string, now: string): boolean {
  const tail = (title: string) => (action === 'create-partition' ? title.slice(title.lastIndexOf(' of ')) : title);
  return tail(before) === tail(now);
}

/** Whether an action is refused because there is nothing to do now. */
export function isNothing(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 'nothing_to_do';
}

function aheadOf({ options }: PreviewBody): { count: number } | undefined {
  const ahead = options?.ahead as { count?: unknown } | undefined;
  return typeof ahead?.count === 'number' && ahead.count >= 1 ? { ...ahead, count: ahead.count } : undefined;
}
