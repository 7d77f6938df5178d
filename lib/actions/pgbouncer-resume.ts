import { z } from 'zod';
import { plural } from '@/lib/format';
import {
  adminUser,
  commandOn,
  definePooler,
  isPaused,
  poolerName,
  poolerTopics,
  poolerWarnings,
  poolFacts,
  refuseName,
} from './pooler';

/** Lets the clients of PgBouncer go on after PAUSE or KILL: `RESUME`. */
export const pgbouncerResume = definePooler({
  id: 'pgbouncer-resume',
  title: 'Resume in PgBouncer',
  summary: 'Lets clients go on that wait because of PAUSE or KILL.',
  group: 'server',
  targetKinds: ['pgbouncer-database', 'pgbouncer'],
  role: 'admin',
  confirm: 'click',
  rights: adminUser,
  options: z.strictObject({}),
  locks: [],
  touches: poolerTopics,
  refuse: (given) =>
    refuseName(given) ??
    (isPaused(given.now, given.target) === false
      ? { code: 'not_paused', message: `${poolerName(given.target)} is not paused.` }
      : undefined),
  plan: (given) => {
    const { target, now } = given;
    const waiting = now.pools.reduce((sum, { cl_waiting }) => sum + cl_waiting, 0);
    return {
      question: `Resume ${poolerName(target)}?`,
      effect: `PgBouncer opens server connections again and serves the clients that wait: ${plural(waiting, 'client')} now.`,
      facts: poolFacts(given),
      warnings: [
        ...(target.kind === 'pgbouncer'
          ? ['Databases that were paused or killed by themselves stay so: they are resumed one by one.']
          : ['If somebody paused it for work on the server, that work may not be over.']),
        ...poolerWarnings(given),
      ],
      command: commandOn('RESUME', target),
      undo: { sql: commandOn('PAUSE', target), body: { action: 'pgbouncer-pause', target } },
    };
  },
  judge: (_before, after, { target, answered }) => {
    const paused = isPaused(after, target) ?? (answered ? false : null);
    return {
      done: paused === false,
      message: paused === false ? `${poolerName(target)} is resumed.` : `${poolerName(target)} is still paused.`,
    };
  },
  not: 'Not resumed.',
});
