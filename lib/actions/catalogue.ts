import { z } from 'zod';
import { relationFits } from './fits';
import { actions } from './index';
import type { ActionDescription } from './protocol';

/** Every action as `GET /api/actions` describes it; options as a JSON schema. */
export function catalogue(): ActionDescription[] {
  return Object.values(actions).map((action) => ({
    id: action.id,
    title: action.title,
    summary: action.summary,
    group: action.group,
    targetKinds: action.targetKinds,
    ...(relationFits[action.id] && { relations: relationFits[action.id] }),
    options: z.toJSONSchema(action.options),
    locks: action.locks,
    rights: action.rights,
    role: action.role,
    confirm: action.confirm,
  }));
}
