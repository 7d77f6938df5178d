import { randomBytes } from 'node:crypto';
import { confirmFor } from '@/lib/access/confirm';
import { ApiError, badInput } from '@/lib/access/errors';
import { checked } from '@/lib/access/input';
import { isSame, type User } from '@/lib/access/user';
import type { Action, SignalAction, WorkAction } from '@/lib/actions/action';
import type { PoolerAction } from '@/lib/actions/pooler';
import type { Preview, PreviewBody } from '@/lib/actions/protocol';
import type { Audit } from '@/lib/audit/audit';
import type { ServerConfig } from '@/lib/config';
import type { Server } from '@/lib/runtime';
import type { Draft, Remembered } from './draft';
import { Bounded } from './memory';
import { type Acting, mayIn, requireSameAddresses } from './permits';
import { previewPooler } from './pooler/preview';
import { previewSession, previewSessions } from './preview-sessions';
import { previewWork } from './preview-work';
import { requireSameServer } from './same-server';

const validForMs = 120_000;
const mostPreviews = 200;
const mostWaiting = 50;

/** The previews of the last two minutes; each can be executed once, by who made it. */
export class Previews {
  #previews = new Bounded<Remembered>(mostPreviews);

  /** Gives a draft its id and its time, and remembers it; `config`: how its server was configured when it was begun. */
  remember(draft: Draft, action: Action, config: ServerConfig, user: User, approval: 'off' | 'typed' = 'off'): Preview {
    // Many at once are counted before they are confirmed.
    const many = (draft.preview.members?.length ?? 0) > 1;
    const asked = (draft.plan.kind !== 'signal' && draft.plan.plan.confirm) || action.confirm;
    const confirm = many ? 'typed' : confirmFor(asked, config);
    const expiresAtMs = Date.now() + validForMs;
    const preview: Preview = {
      previewId: randomBytes(16).toString('hex'),
      expiresAt: new Date(expiresAtMs).toISOString(),
      executed: false,
      ...draft.preview,
      confirm,
      ...(confirm === 'typed' && { confirmText: draft.typed }),
      ...(confirm === 'typed' && approval === 'typed' && { needsApproval: true as const }),
    };
    this.#previews.set(preview.previewId, {
      preview,
      draft,
      action,
      server: config.id,
      config,
      by: user,
      expiresAtMs,
      used: false,
    });
    return preview;
  }

  /**
   * A preview that may be executed now; 410 where it is unknown, used, too old, or somebody else's, 409 where it would be
   * done elsewhere by now.
   */
  usable({ config }: Pick<Server, 'config'>, previewId: string, user: User): Remembered {
    const gone = (code: string, what: string) =>
      new ApiError(410, code, `This preview ${what}. Make a new one; nothing was done.`);
    const remembered = this.#previews.get(previewId);
    if (!remembered || remembered.server !== config.id || !isSame(remembered.by, user))
      throw gone('preview_expired', 'is not known any more');
    if (remembered.used) throw gone('preview_used', 'was executed already');
    if (Date.now() > remembered.expiresAtMs) throw gone('preview_expired', 'is older than two minutes');
    requireSameAddresses(remembered.config, config);
    return remembered;
  }
}

/** Looks at what an action would do to a target; 400 where the two do not go together. */
export async function draftOf(
  { server, access }: Pick<Acting, 'server' | 'access'>,
  action: Action,
  { target, options }: PreviewBody,
  audit: Audit,
): Promise<Draft> {
  const chosen = checked(action.options, options ?? {}, 'options');
  const { connections } = server;
  if (connections.pools().some(({ pool, waiting }) => pool === 'signals' && waiting >= mostWaiting))
    throw new ApiError(429, 'busy', 'Too many previews wait for this server already.', undefined, {
      'retry-after': '2',
    });
  if (!(action.targetKinds as string[]).includes(target.kind))
    throw badInput(`target.kind: ${action.id} takes ${action.targetKinds.join(' or ')}.`, 'target.kind');
  if (target.kind === 'pgbouncer' || target.kind === 'pgbouncer-database')
    return previewPooler(action as PoolerAction, target, chosen, server);
  const draft = await (target.kind === 'backend'
    ? previewSession(action as SignalAction, target, connections, access)
    : target.kind === 'backends'
      ? previewSessions(action as SignalAction, target, connections, mayIn(access, action.role))
      : previewWork(action as WorkAction, target, chosen, { server, access, audit }));
  // Before it is run, the server that acts is the one of the preview.
  await requireSameServer(draft.epoch, connections);
  return draft;
}
