import { z } from 'zod';
import { durationInWords, plural } from '@/lib/format';
import {
  adminUser,
  clientsOf,
  commandOn,
  definePooler,
  isPaused,
  poolerName,
  poolerTopics,
  poolerWarnings,
  poolFacts,
  refuseName,
  waitWarnings,
} from './pooler';

const options = z.strictObject({
  wait_seconds: z
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(3600, 'must be at most 3600')
    .default(60)
    .meta({
      title: 'Give up after (seconds)',
      description: 'Where transactions or sessions have not ended by then, it is taken back with RESUME.',
    }),
});

/** Makes clients of PgBouncer wait, and closes its server connections as they become free: `PAUSE`. */
export const pgbouncerPause = definePooler({
  id: 'pgbouncer-pause',
  title: 'Pause in PgBouncer',
  summary: 'Lets transactions end, closes the server connections and makes clients wait until they are resumed.',
  group: 'server',
  targetKinds: ['pgbouncer-database', 'pgbouncer'],
  role: 'admin',
  confirm: 'step',
  rights: adminUser,
  options,
  locks: [],
  touches: poolerTopics,
  waits: ({ options: { wait_seconds } }) => wait_seconds,
  takeBack: (target) => commandOn('RESUME', target),
  refuse: (given) =>
    refuseName(given) ??
    (isPaused(given.now, given.target)
      ? { code: 'already_paused', message: `${poolerName(given.target)} is paused already.` }
      : undefined),
  plan: (given) => {
    const { target, now, options } = given;
    const busy = now.servers.filter(({ state }) => state === 'active').length;
    const session = now.pools.some(({ pool_mode, sv_active }) => pool_mode === 'session' && sv_active > 0);
    return {
      question: `Pause ${poolerName(target)}?`,
      effect: `New statements of clients wait from now on. Each server connection is closed as soon as it is free; ${
        busy > 0
          ? `${plural(busy, 'is', 'are')} at work now. If some are not free after ${durationInWords(options.wait_seconds)}, it is taken back.`
          : 'none is at work now.'
      } Clients keep their connections and go on with RESUME.`,
      facts: [{ label: 'Clients', value: String(clientsOf(given)) }, ...poolFacts(given)],
      warnings: [
        ...waitWarnings(given),
        ...(session
          ? [
              'In session pooling a server connection is free only when its client disconnects: this may never come to be.',
            ]
          : []),
        ...(target.kind === 'pgbouncer' && now.allPaused === null
          ? [`PgBouncer ${now.version} does not show whether it is paused as a whole: only its answer tells.`]
          : []),
        ...poolerWarnings(given),
      ],
      command: commandOn('PAUSE', target),
      undo: { sql: commandOn('RESUME', target), body: { action: 'pgbouncer-resume', target } },
    };
  },
  judge: (before, after, { target, answered }) => {
    const paused = isPaused(after, target) ?? (answered ? true : null);
    const left = after.servers.length;
    const waiting = after.pools.reduce((sum, { cl_waiting }) => sum + cl_waiting, 0);
    return {
      done: paused === true && left === 0,
      message:
        paused !== true
          ? `${poolerName(target)} is not paused.`
          : left > 0
            ? `${poolerName(target)} is pausing: ${plural(left, 'server connection')} ${left === 1 ? 'is' : 'are'} not free yet.`
            : `${poolerName(target)} is paused: no server connection is left, ${plural(waiting, 'client')} ${waiting === 1 ? 'waits' : 'wait'}.`,
      figures: [{ label: 'Server connections', before: String(before.servers.length), after: String(left) }],
      ...(paused === true && {
        undo: { sql: commandOn('RESUME', target), body: { action: 'pgbouncer-resume', target } },
      }),
    };
  },
  not: 'Not paused.',
});
