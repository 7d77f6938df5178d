import type { WorkTarget } from '../target';
import { database } from './database';
import { index } from './index-subject';
import { relation } from './relation';
import { server } from './server';
import type { SubjectReader } from './subject';

/** How each kind of subject is read. */
export const subjects: { [Kind in WorkTarget['kind']]?: SubjectReader<Kind> } = {
  relation,
  index,
  database,
  server,
};
