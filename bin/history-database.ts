import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '@/lib/config';
import { EmbeddedError } from '@/lib/embedded/errors';
import type { Embedded } from '@/lib/embedded/server';
import { Session } from '@/lib/postgres/session';

/** The passwords of the store's superuser and of the role that owns its database. */
export type StoreSecrets = { superuser: string; pgdeck: string };

const name = 'pgdeck';
/** A file that is missing, a page or an index that cannot be read. */
const damaged = ['58P01', 'XX001', 'XX002'];
const patienceMs = 30_000;

/** How to reach the store, as the role that owns its database. */
export function targetOf({ host, port }: Embedded, { pgdeck }: StoreSecrets): Target {
  return { host, port, database: name, user: name, password: pgdeck, tls: { mode: 'disable' } };
}

/** Whether a server was there and did not answer in the time that it was given. */
export function isLate(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === undefined && /timeout expired|read timeout/i.test(message ?? '');
}

/**
 * Sees to it that the role and its database are there, and that it can log in and read its catalog. Throws `EmbeddedError`
 * (`damaged`) where files of the store are missing or spoiled.
 */
export async function prepareStore(server: Embedded, secrets: StoreSecrets): Promise<void> {
  const target = targetOf(server, secrets);
  try {
    const owner = { ...target, database: 'postgres', user: server.superuser, password: secrets.superuser };
    await asked(owner, async (ask) => {
      const [found] = await ask(
        `select exists (select from pg_catalog.pg_roles where rolname = '${name}') as role,
                exists (select from pg_catalog.pg_database where datname = '${name}') as database`,
      );
      if (!found?.role) await ask(`create role ${name}`);
      await ask(`alter role ${name} login password '${secrets.pgdeck}'`);
      if (!found?.database) await ask(`create database ${name} owner ${name}`);
    });
    await asked(target, (ask) => ask('select count(*) from pg_catalog.pg_attribute'));
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code && damaged.includes(code)) throw new EmbeddedError(message, 'damaged');
    throw error;
  }
}

type Ask = (sql: string) => Promise<Record<string, unknown>[]>;

async function asked(target: Target, work: (ask: Ask) => Promise<unknown>): Promise<void> {
  const session = await patiently(() => Session.open(target, { purpose: 'maintenance', applicationName: 'pgdeck' }));
  try {
    await work(async (sql) => (await session.query(sql)).rows);
  } finally {
    session.close();
  }
}

/**
 * A server that says that it is ready can still refuse for a moment, while what a crash left is put away; and on a busy
 * machine it answers late.
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: string };
      const passing = code === '57P03' || code === 'ECONNREFUSED' || code === 'ECONNRESET' || isLate(error);
      if (!passing || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}
