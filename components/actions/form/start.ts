import type { TargetChoice } from '@/lib/client/maintenance-queries';
import type { Act } from '@/lib/client/session';
import type { Draft } from './draft';
import type { Values } from './schema';

/** What a form begins with: an action, what it is done to, options; each may still be open. */
export type FormStart = { action?: string; target?: TargetChoice; values?: Values };

/** What a form asks for as it stands: its action, or one that is still to be chosen. */
export function actOf({ action, target }: FormStart | Draft): Act {
  return action ? { action, target: target?.target } : { role: 'operator', target: target?.target };
}
