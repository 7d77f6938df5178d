import type { ServerAccess } from '@/lib/access/server-access';
import type { Plan, WorkAction } from '@/lib/actions/action';
import type { Fact, InTheWay, LockTaken, PastRun } from '@/lib/actions/protocol';
import type { Subject } from '@/lib/actions/subjects/subject';
import type { Audit } from '@/lib/audit/audit';
import { describeError, isConnectionError } from '@/lib/postgres/errors';
import type { Server } from '@/lib/runtime';
import { type Actor, look, type Query } from '../look';
import { pastRuns } from '../past-runs';
import type { Reads } from '../subject-now';
import { seesRun } from '../visible-runs';
import { costs } from './cost';
import { sessionsInTheWay } from './in-the-way';
import { claimWords, type Locked, lockedBy, lockWords } from './relations';
import { limits, replicationSlots, type ServerFacts, slots, standbys } from './server-facts';
import { oldSnapshots } from './snapshots';
import { gaugeOf, wouldQueue } from './use-of-relations';

/** What stands in the way of a plan, what would stand behind it, and what it costs. */
export type Preflight = {
  locks: LockTaken[];
  waitsFor: InTheWay[];
  wouldQueue: InTheWay[];
  estimates: Fact[];
  past: PastRun[];
  warnings: string[];
};

/** What a pre-flight looks at; `elsewhere` reads in the database of the subject. */
export type Flight = {
  server: Server;
  access: ServerAccess;
  action: WorkAction;
  plan: Plan;
  subject: Subject;
  who: Actor;
  audit: Audit;
  elsewhere: Reads;
};

/** Looks at a plan's locks and costs; changes nothing. A part that cannot be told says so, and the others are told. */
export async function preflight(flight: Flight): Promise<Preflight> {
  const { server, access, plan, subject, action, audit, elsewhere } = flight;
  const claims = plan.steps.flatMap(({ locks }) => locks);
  const warnings: string[] = [];
  const unless = <T>(part: Promise<T>, otherwise: T, what: string): Promise<T> =>
    part.catch((error) => {
      // Asked once more over a new connection.
      if (isConnectionError(error)) throw error;
      warnings.push(`${what} is not known: ${sentenceOf(error)}`);
      return otherwise;
    });
  const locked = await lockedBy(elsewhere, claims).catch((error) => {
    warnings.push(`Partitions, indexes and foreign keys could not be read: ${sentenceOf(error)}`);
    return undefined;
  });
  const wanted: Locked[] = locked ?? claimed(flight);
  const walBytes = plan.work?.walBytes;
  const parts = (query: Query) =>
    together({
      waitsFor: unless(sessionsInTheWay(query, wanted), [], 'Who stands in the way'),
      slots: unless(slots(query, server, plan, action.long), none, 'How many connections are left'),
      standbys: unless(standbys(query, wanted, plan), none, 'What standbys there are'),
      replicationSlots: unless(replicationSlots(query, walBytes), none, 'What replication slots keep'),
      limits: unless(limits(query, plan), [], 'What the settings are'),
    });
  const wait = plan.steps.some((step) => step.wait === 'brief') ? 'brief' : 'patient';
  const waits = plan.steps.some(({ outlivesSnapshots }) => outlivesSnapshots);
  const [past, queued, snapshots, found] = await Promise.all([
    pastRuns(audit, server.config.id, action.id, (run) => seesRun(access, run)).catch(() => undefined),
    wouldQueue(gaugeOf(server), subject.database, wanted, wait),
    waits ? unless(oldSnapshots(elsewhere), [], 'Who has old snapshots') : [],
    look(server.connections, parts),
  ]);
  const facts = [found.slots, found.standbys, found.replicationSlots];
  return {
    locks: locked ? lockWords(locked) : claimWords(claims),
    waitsFor: [...found.waitsFor, ...snapshots],
    wouldQueue: [
      ...(plan.queues ? [{ pid: null, mode: null, granted: null, seconds: null, sentence: plan.queues }] : []),
      ...queued,
    ],
    estimates: [...costs(plan, past), ...facts.flatMap(({ facts }) => facts), ...found.limits],
    past: past ?? [],
    warnings: [...facts.flatMap(({ warnings }) => warnings), ...warnings],
  };
}

const none: ServerFacts = { facts: [], warnings: [] };

/** Waits for all parts; each has its own answer for a failure. */
async function together<Parts extends Record<string, Promise<unknown>>>(
  parts: Parts,
): Promise<{ [Name in keyof Parts]: Awaited<Parts[Name]> }> {
  const entries = Object.entries(parts).map(async ([name, part]) => [name, await part] as const);
  return Object.fromEntries(await Promise.all(entries)) as { [Name in keyof Parts]: Awaited<Parts[Name]> };
}

/** The claims as they are, where the catalog could not be read. */
function claimed({ plan, subject }: Flight): Locked[] {
  const database_oid = 'database_oid' in subject ? subject.database_oid : 0;
  return plan.steps
    .flatMap(({ locks }) => locks)
    .map(({ oid, relation, mode, outlives }) => ({
      oid,
      relation,
      mode,
      ...(outlives && { outlives }),
      database_oid,
      relkind: 'r',
      pages: 0,
      via: 'self',
      of: relation,
    }));
}

function sentenceOf(error: unknown): string {
  try {
    return describeError(error).sentence;
  } catch {
    return 'pgdeck failed while it looked.';
  }
}
