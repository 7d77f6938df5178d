import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Break, chainStart, hashOf, type Verified, verifyText } from './chain';

/** What reading a whole audit showed. */
export type AuditReport = {
  files: number;
  lines: number;
  breaks: Break[];
  /** Lines without an end: cut short by a power loss, or being written now. */
  unfinished: { file: string; bytes: number }[];
  /** Number and hash of the last line: kept elsewhere, it shows later whether lines were taken from the end. */
  end: { seq: number; hash: string };
  /** Whether a line with the wanted hash is there; undefined where none was wanted. */
  headFound?: boolean;
};

/** The files of an audit, oldest first; none where there is no such folder. */
export async function auditFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  return names.filter((name) => /^audit-.*\.jsonl$/.test(name)).sort();
}

/** Reads every file of an audit and checks its chain; writes nothing, and may run while pgdeck writes. */
export async function verifyAudit(folder: string, head?: string): Promise<AuditReport> {
  const names = await auditFiles(folder);
  const unfinished: AuditReport['unfinished'] = [];
  let verified: Verified = { end: { seq: 0, hash: chainStart }, breaks: [], torn: 0 };
  let lines = 0;
  let headFound = false;
  for (const name of names) {
    const text = await readFile(path.join(folder, name), 'utf8');
    verified = verifyText(text, name, true, verified);
    if (verified.torn > 0) unfinished.push({ file: name, bytes: verified.torn });
    const whole = text.split('\n').slice(0, -1);
    lines += whole.length;
    headFound ||= head !== undefined && whole.some((line) => hashOf(line) === head);
  }
  const { end, breaks } = verified;
  return { files: names.length, lines, breaks, unfinished, end, ...(head !== undefined && { headFound }) };
}
