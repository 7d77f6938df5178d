import type { Action } from './action';
import { analyze } from './analyze';
import { cancel } from './cancel';
import { createIndex } from './create-index';
import { dropIndex } from './drop-index';
import { recreate } from './recreate';
import { reindex } from './reindex';
import { terminate } from './terminate';

/** Every action, by the id that the API and the audit name it by. */
export const actions = {
  analyze,
  cancel,
  terminate,
  'create-index': createIndex,
  'drop-index': dropIndex,
  reindex,
  recreate,
} satisfies Record<string, Action>;

/** The id of an action. */
export type ActionId = keyof typeof actions;

/** The action of an id, or undefined where there is none. */
export function findAction(id: string): Action | undefined {
  return Object.hasOwn(actions, id) ? actions[id as ActionId] : undefined;
}
