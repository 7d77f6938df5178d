import type { Action } from './action';
import { analyze } from './analyze';
import { cancel } from './cancel';
import { terminate } from './terminate';

/** Every action, by the id that the API and the audit name it by. */
export const actions = { analyze, cancel, terminate } satisfies Record<string, Action>;

/** The id of an action. */
export type ActionId = keyof typeof actions;

/** The action of an id, or undefined where there is none. */
export function findAction(id: string): Action | undefined {
  return Object.hasOwn(actions, id) ? actions[id as ActionId] : undefined;
}
