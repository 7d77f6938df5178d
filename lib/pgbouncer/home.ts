import type { ServerConfig, Target } from '@/lib/config';
import type { Raw } from '@/lib/topics/topic';

type Address = { host: string; port: number };

const local = (host: string) => host === '' || /^(localhost$|127\.|::1$|\/)/.test(host);
const sameHost = (a: string, b: string) => a.toLowerCase() === b.toLowerCase() || (local(a) && local(b));

/**
 * Whether a row of SHOW DATABASES leads to the watched server: by host and port as both write them, or because it is on
 * PgBouncer's own machine and the server is too. What cannot be told so is not taken for the server.
 */
export function homeAmong(
  databases: Raw[],
  { read, action, pgbouncer }: Pick<ServerConfig, 'read' | 'action' | 'pgbouncer'>,
): (row: Raw) => boolean {
  if (!pgbouncer) return () => false;
  const servers = [read, action].flatMap((target) => addressBehind(target, pgbouncer, databases));
  return (row) => {
    const addresses = addressesOf(row);
    return addresses.every((address) => servers.some((server) => isSame(address, server, pgbouncer)));
  };
}

/** An address of pgdeck's; where it is PgBouncer's own, the ones that PgBouncer leads to from there. */
function addressBehind(target: Target, pgbouncer: Target, databases: Raw[]): (Address & { seenFrom: string })[] {
  if (!sameHost(target.host, pgbouncer.host) || target.port !== pgbouncer.port)
    return [{ host: target.host, port: target.port, seenFrom: 'pgdeck' }];
  const through = databases.find(({ name }) => name === target.database);
  return through ? addressesOf(through).map((address) => ({ ...address, seenFrom: 'pgbouncer' })) : [];
}

function isSame(address: Address, server: Address & { seenFrom: string }, pgbouncer: Target): boolean {
  if (address.port !== server.port) return false;
  if (server.seenFrom === 'pgbouncer') return sameHost(address.host, server.host);
  // What is local to PgBouncer is on its machine, whose name stands in its own address.
  return local(address.host)
    ? sameHost(server.host, pgbouncer.host)
    : !local(server.host) && sameHost(address.host, server.host);
}

/** PgBouncer takes several hosts with commas between them. */
function addressesOf(row: Raw): Address[] {
  const port = Number(row.port) || 5432;
  return String(row.host ?? '')
    .split(',')
    .map((host) => ({ host: host.trim(), port }));
}
