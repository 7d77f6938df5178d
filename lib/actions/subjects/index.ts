import type { WorkTarget } from '../target';
import { constraint } from './constraint';
import { database } from './database';
import { extension } from './extension';
import { index } from './index-subject';
import { prepared } from './prepared';
import { relation } from './relation';
import { server } from './server';
import { setting } from './setting';
import { slot } from './slot';
import { statement } from './statement';
import { statistics } from './statistics';
import type { SubjectReader } from './subject';

/** How each kind of subject is read. */
export const subjects: { [Kind in WorkTarget['kind']]?: SubjectReader<Kind> } = {
  relation,
  index,
  constraint,
  statistics,
  database,
  server,
  setting,
  extension,
  slot,
  prepared,
  statement,
};
