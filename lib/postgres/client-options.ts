import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import type { Target } from '@/lib/config';
import { PostgresProblem } from './errors';

const timestampToIso = (text: string) => {
  const time = Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
  return Number.isNaN(time) ? text : new Date(time).toISOString();
};
const int8 = (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
const parsers = new Map<number, (text: string) => unknown>([
  [20, int8],
  [1700, Number],
  [1114, (text) => timestampToIso(`${text}Z`)],
  [1184, timestampToIso],
]);
/** How values arrive: int8 as a number where that is exact, else as text; times as ISO 8601. */
export const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(oid)) ||
    pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

function readTlsFile(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PostgresProblem(
      {
        reason: 'unreachable',
        sentence: `The file that ${option} names cannot be read (${(error as NodeJS.ErrnoException).code}).`,
        hint: 'Put it there, or let the user that runs pgdeck read it.',
      },
      error,
    );
  }
}

/** What node needs for the encryption that a target asks for; false: none. */
export function tlsOptions(target: Target): ConnectionOptions | false {
  const { mode, rootCertFile, certFile, keyFile } = target.tls;
  if (mode === 'disable') return false;
  const files = {
    ...(rootCertFile && { ca: readTlsFile('sslrootcert', rootCertFile) }),
    ...(certFile && { cert: readTlsFile('sslcert', certFile) }),
    ...(keyFile && { key: readTlsFile('sslkey', keyFile) }),
  };
  if (mode === 'verify-full') return files;
  if (mode === 'verify-ca') return { ...files, checkServerIdentity: () => undefined };
  return { ...files, rejectUnauthorized: false };
}

const statementNames = new Map<string, string>();

/** The name under which a statement is kept prepared on a connection: the same text, the same name. */
export function statementName(text: string): string {
  let name = statementNames.get(text);
  if (!name) {
    name = `pgdeck_${createHash('sha1').update(text).digest('hex').slice(0, 16)}`;
    statementNames.set(text, name);
  }
  return name;
}
