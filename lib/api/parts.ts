import { z } from 'zod';
import type { UnavailableReason } from '@/lib/topics/topic';

/** The parameters of paths below a server. */
export const ofServer = z.object({ server: z.string().describe('The id of a server, as GET /api/servers lists it.') });

/** The parameters of paths of a run. */
export const ofRun = z.object({ run: z.string().describe('The id of a run, as execute gave it.') });

/** What somebody may do; each role may also do what the ones before it may. */
export const role = z.enum(['viewer', 'operator', 'admin']).meta({ id: 'Role' });

/** Why PostgreSQL could not be asked. */
export const unavailableReason = z
  .enum({
    version: 'version',
    extension: 'extension',
    setting: 'setting',
    privilege: 'privilege',
    standby: 'standby',
    pooler: 'pooler',
    history: 'history',
    timeout: 'timeout',
    locked: 'locked',
    unreachable: 'unreachable',
  } satisfies { [Reason in UnavailableReason]: Reason })
  .meta({ id: 'UnavailableReason', description: 'Why it cannot be answered.' });

/** An OID, as a parameter of a query. */
export const oid = z.coerce.number().int().min(1).max(4_294_967_295);

/** A switch, as a parameter of a query. */
export const flag = z.enum(['0', '1']);

/** A database by its name, as a parameter of a query or a body. */
export const databaseName = z.string().describe('The name of a database.');

/** Why the file of PGDECK_CONFIG was not taken when it was read last. */
export const configRefused = z
  .strictObject({
    at: z.string().describe('ISO 8601.'),
    problems: z.array(z.string()).describe('All that is wrong in it, each with its place.'),
  })
  .meta({ id: 'ConfigRefused', description: 'Why the file of PGDECK_CONFIG was not taken when it was read last.' });

/** What every failure is answered with. */
export const failure = z
  .strictObject({
    error: z.strictObject({
      code: z.string().describe('A word for programs: bad_input, not_found, forbidden, target_changed …'),
      message: z.string().describe('Whole sentences for people: what is wrong and what to do.'),
      requestId: z.string().describe("The same as X-Request-Id; pgdeck's log has it too."),
      field: z.string().optional().describe('The input that is wrong.'),
    }),
  })
  .meta({ id: 'Failure', description: 'The one shape of every failure.' });
