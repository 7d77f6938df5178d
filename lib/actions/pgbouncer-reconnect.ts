import { z } from 'zod';
import { plural } from '@/lib/format';
import {
  adminUser,
  commandOn,
  connectionKey,
  definePooler,
  poolerName,
  poolerTopics,
  poolerWarnings,
  poolFacts,
  refuseName,
} from './pooler';

/** Renews the server connections of PgBouncer, each when it is free: `RECONNECT`. */
export const pgbouncerReconnect = definePooler({
  id: 'pgbouncer-reconnect',
  title: 'Reconnect in PgBouncer',
  summary: 'Closes each server connection when it is free and opens new ones as they are needed; clients stay.',
  group: 'server',
  targetKinds: ['pgbouncer-database', 'pgbouncer'],
  role: 'admin',
  confirm: 'step',
  rights: adminUser,
  options: z.strictObject({}),
  locks: [],
  touches: poolerTopics,
  refuse: refuseName,
  plan: (given) => {
    const { target, now } = given;
    return {
      question: `Renew the server connections of ${poolerName(target)}?`,
      effect: `Each of ${plural(now.servers.length, 'server connection')} is closed as soon as it is free, and new ones are opened as they are needed. Clients notice at most the time that takes.`,
      facts: [{ label: 'Server connections', value: String(now.servers.length) }, ...poolFacts(given)],
      warnings: [
        ...(now.servers.length === 0 ? ['There is no server connection now: it changes nothing.'] : []),
        ...poolerWarnings(given),
      ],
      command: commandOn('RECONNECT', target),
    };
  },
  judge: (before, after, { target, answered }) => {
    const old = new Set(before.servers.map(connectionKey));
    const name = poolerName(target);
    const figures = (left: number) => [
      { label: 'Connections of before', before: String(old.size), after: String(left) },
    ];
    if (old.size === 0)
      return {
        done: answered,
        verified: null,
        message: `${answered ? 'PgBouncer took the command; there' : 'There'} was no server connection of ${name} that could be renewed.`,
        figures: figures(0),
      };
    const kept = after.servers.filter((server) => old.has(connectionKey(server)));
    const closing = kept.filter(({ close_needed }) => close_needed).length;
    const closed = `${old.size - kept.length} of ${old.size} ${old.size === 1 ? 'is' : 'are'} closed`;
    if (closing < kept.length)
      return {
        done: false,
        message: `${plural(kept.length - closing, 'server connection')} of before ${kept.length - closing === 1 ? 'is' : 'are'} not marked to be closed.`,
        figures: figures(kept.length),
      };
    return {
      done: true,
      // Connections also close by themselves; only the mark, or the answer, is of this command.
      ...(!answered && closing === 0 && { verified: null }),
      message: answered
        ? `The server connections of ${name} are renewed: ${closed}${closing > 0 ? `, ${closing} will be as soon as free` : ''}.`
        : `Of the server connections of ${name} that were there before, ${closed}${closing > 0 ? `, ${closing} will be as soon as free` : ''}.`,
      figures: figures(kept.length),
    };
  },
  not: 'Not renewed.',
});
