import { z } from 'zod';
import { plural } from '@/lib/format';
import {
  adminUser,
  clientsOf,
  commandOn,
  connectionKey,
  definePooler,
  isPaused,
  poolerName,
  poolerTopics,
  poolerWarnings,
  poolFacts,
  refuseName,
  waitWarnings,
} from './pooler';

/** Ends all connections of a database of PgBouncer at once: `KILL`. */
export const pgbouncerKill = definePooler({
  id: 'pgbouncer-kill',
  title: 'Kill in PgBouncer',
  summary: 'Ends all clients and server connections of a database at once; who comes again waits until it is resumed.',
  group: 'server',
  targetKinds: ['pgbouncer-database'],
  role: 'admin',
  confirm: 'typed',
  rights: adminUser,
  options: z.strictObject({}),
  locks: [],
  touches: poolerTopics,
  refuse: refuseName,
  plan: (given) => {
    const { target, now } = given;
    const clients = clientsOf(given);
    return {
      question: `Kill all connections of ${poolerName(target)}?`,
      effect: `${plural(clients, 'client')} and ${plural(now.servers.length, 'server connection')} are ended at once; open transactions are rolled back. Clients that come again wait until RESUME.`,
      facts: [
        { label: 'Clients that are ended', value: String(clients) },
        { label: 'Server connections', value: String(now.servers.length) },
        ...poolFacts(given),
      ],
      warnings: [
        ...waitWarnings(given),
        'What is ended cannot be taken back; RESUME only lets new clients in.',
        ...poolerWarnings(given),
      ],
      command: commandOn('KILL', target),
      undo: { sql: commandOn('RESUME', target), body: { action: 'pgbouncer-resume', target } },
    };
  },
  judge: (before, after, { target, answered }) => {
    const old = new Set([...before.clients, ...before.servers].map(connectionKey));
    const left = [...after.clients, ...after.servers].filter((each) => old.has(connectionKey(each))).length;
    const paused = isPaused(after, target) === true;
    const ended = `${plural(before.clients.length, 'client')} and ${plural(before.servers.length, 'server connection')} of ${poolerName(target)} were ended.`;
    return {
      // Who was ended is gone, also where somebody resumed it at once; unanswered only the pause shows that it was this.
      done: left === 0 && (paused || answered),
      message:
        left > 0
          ? `${plural(left, 'connection')} of ${poolerName(target)} ${left === 1 ? 'is' : 'are'} still there.`
          : paused
            ? `${ended} It is paused: resume it to let clients in again.`
            : answered
              ? ended
              : `${poolerName(target)} is not paused.`,
      ...(answered && left === 0 && !paused && { warnings: ['It is not paused any more: somebody resumed it since.'] }),
      figures: [
        { label: 'Clients', before: String(before.clients.length), after: String(after.clients.length) },
        { label: 'Server connections', before: String(before.servers.length), after: String(after.servers.length) },
      ],
      ...(paused && { undo: { sql: commandOn('RESUME', target), body: { action: 'pgbouncer-resume', target } } }),
    };
  },
  not: 'Not killed.',
});
