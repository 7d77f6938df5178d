import type { ActionDescription, ActionGroup, PreviewBody } from '@/lib/actions/protocol';
import type { TargetKind } from '@/lib/actions/target';
import type { TargetChoice } from '@/lib/client/maintenance-queries';
import { indexDraft, indexOptions, wrongIndex } from './index-draft';
import { fieldsOf, optionsOf, type Values, wrongOf } from './schema';
import type { FormStart } from './start';

/** An action on its way through the form. */
export type Draft = { action: string; target: TargetChoice | undefined; values: Values };

/** Where something of the form is wrong: the action, its target, or an option by name. */
export type Wrong = { field: string; message: string };

/** The groups of actions, as a list shows them. */
export const groups: { group: ActionGroup; title: string }[] = [
  { group: 'tables', title: 'Tables' },
  { group: 'indexes', title: 'Indexes' },
  { group: 'partitions', title: 'Partitions' },
  { group: 'statistics', title: 'Statistics' },
  { group: 'settings', title: 'Settings' },
  { group: 'server', title: 'Server' },
];

const elsewhere = new Set<TargetKind>(['backend', 'backends', 'statement', 'run', 'pgbouncer', 'pgbouncer-database']);

/** The kinds of target of an action that can be chosen from a list; sessions, statements and what is PgBouncer's are chosen on their own pages. */
export function choosableKinds(action: ActionDescription | undefined): TargetKind[] {
  return action?.targetKinds.filter((kind) => !elsewhere.has(kind)) ?? [];
}

/** The actions that can be chosen in a form. */
export function choosable(actions: ActionDescription[]): ActionDescription[] {
  return actions.filter((action) => choosableKinds(action).length > 0);
}

/** What the form says of its target where there is only one: the server as a whole. */
export const wholeServer: TargetChoice = { label: 'the server', detail: null, target: { kind: 'server' } };

/** A form as it begins. */
export function draftOf(start: FormStart): Draft {
  return { action: start.action ?? '', target: start.target, values: start.values ?? {} };
}

/** The target of a draft: chosen, or the only one there is. */
export function targetOf(draft: Draft, action: ActionDescription | undefined): TargetChoice | undefined {
  const [only, ...more] = choosableKinds(action);
  return draft.target ?? (only === 'server' && more.length === 0 ? wholeServer : undefined);
}

/** Whether a form has nothing to be filled in: its target is given and the action has no options. */
export function isPlain(start: FormStart | undefined, action: ActionDescription | undefined): boolean {
  return start?.target !== undefined && action !== undefined && fieldsOf(action.options).length === 0;
}

/** What is wrong with the form as it stands, in the order of its fields. */
export function wrongDraft(draft: Draft, action: ActionDescription | undefined): Wrong[] {
  if (!action) return [{ field: 'action', message: 'Choose an action.' }];
  const wrong: Wrong[] = [];
  if (!targetOf(draft, action)) wrong.push({ field: 'target', message: 'Choose what it is done to.' });
  if (action.id === 'create-index') {
    const index = wrongIndex(indexDraft(draft.values));
    return index ? [...wrong, index] : wrong;
  }
  for (const field of fieldsOf(action.options)) {
    const message = wrongOf(field, draft.values[field.name]);
    if (message) wrong.push({ field: field.name, message });
  }
  return wrong;
}

/** The preview to ask for; undefined where something is missing. */
export function bodyOf(draft: Draft, action: ActionDescription | undefined): PreviewBody | undefined {
  const target = targetOf(draft, action);
  if (!action || !target) return undefined;
  const options =
    action.id === 'create-index'
      ? indexOptions(indexDraft(draft.values))
      : optionsOf(fieldsOf(action.options), draft.values);
  return { action: action.id, target: target.target, ...(Object.keys(options).length > 0 && { options }) };
}
