import { EmbeddedError, type EmbeddedReason } from './errors';

const full = /No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes/i;
/** What a machine or a person can mend: data that such a start could not read is not damaged. */
const passing = [
  full,
  /Permission denied|Operation not permitted|Read-only file system|invalid permissions|wrong ownership/i,
  /Cannot allocate memory|could not create shared memory|Too many open files|Input\/output error/i,
  /still in use|postmaster\.pid/i,
];
/** What PostgreSQL 14 to 18 says of data that it cannot start with: files that are missing, cut off or changed. */
const damage = [
  /PANIC: /,
  /could not find the database system|could not access the server configuration file|could not load \S*pg_hba\.conf/,
  /FATAL: .*(could not (open|read|stat) (file|directory)|could not read blocks|directory "\S+" does not exist)/,
  /FATAL: .*(incorrect checksum|invalid (data|page|checkpoint|magic)|could not access status of transaction)/,
  /PG_CONTROL_VERSION/,
];

/** True when what a server wrote while it did not start says that its data is damaged, and nothing that passes. */
export function saysDamaged(said: string): boolean {
  return damage.some((sign) => sign.test(said)) && !passing.some((sign) => sign.test(said));
}

/** True when it says that there is no room on the disk. */
export function saysDiskFull(said: string): boolean {
  return full.test(said);
}

/** True when it says that its port belongs to another program. */
export function saysPortTaken(said: string): boolean {
  return /could not bind|could not create any TCP\/IP sockets/.test(said);
}

function reasonOf(said: string): EmbeddedReason {
  if (saysDiskFull(said)) return 'disk-full';
  if (saysPortTaken(said)) return 'port';
  if (/CATALOG_VERSION_NO|not compatible with this version/.test(said)) return 'version';
  if (passing[1]?.test(said)) return 'folder';
  return saysDamaged(said) ? 'damaged' : 'other';
}

/** Why a server did not start, from what it wrote meanwhile. */
export function whyNotStarted(
  said: string,
  { version, dataDir, address }: { version: string; dataDir: string; address: string },
): EmbeddedError {
  const reason = reasonOf(said);
  if (reason === 'disk-full')
    return new EmbeddedError(`PostgreSQL did not start: the disk that holds ${dataDir} is full.`, reason);
  if (reason === 'port') return new EmbeddedError(`PostgreSQL did not start: ${address} is taken.`, reason);
  return new EmbeddedError(`PostgreSQL ${version} did not start in ${dataDir}:\n${said}`, reason);
}
