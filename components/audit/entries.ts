import type { AuditEntry, Member, MemberResult, RunStatus } from '@/lib/actions/protocol';
import { durationInWords, milliseconds, plural } from '@/lib/format';

/** The state that a line of the audit is shown with. */
export type Mark = 'ok' | 'warning' | 'critical' | 'unknown';

/** Tells entries apart, also those of several instances. */
export function entryKey({ seq, instance }: AuditEntry): string {
  return typeof instance === 'string' ? `${instance}:${seq}` : String(seq);
}

/** One line of the page: a run with what became of it, or another event. */
export type AuditLine = {
  seq: number;
  ts: string;
  entry: AuditEntry;
  mark: Mark;
  /** The result in one or two words: `Done`, `Failed`, `Running`. */
  word: string;
  /** What was done, to what: `Terminate session 4711`. */
  what: string;
  /** What the target was, as the preview saw it; undefined where nothing more is known. */
  target: string | undefined;
  /** What came of it, in a sentence. */
  sentence: string;
};

const words: Record<RunStatus, [Mark, string]> = {
  queued: ['unknown', 'Queued'],
  awaiting_approval: ['unknown', 'Awaits approval'],
  running: ['unknown', 'Running'],
  done: ['ok', 'Done'],
  done_with_warnings: ['warning', 'Done, with warnings'],
  nothing_done: ['warning', 'Nothing done'],
  failed: ['critical', 'Failed'],
  cancelled: ['warning', 'Cancelled'],
  unknown: ['unknown', 'Unknown'],
};

/** The state and the word of a run's status. */
export function statusWords(status: string): { mark: Mark; word: string } {
  const [mark, word] = Object.hasOwn(words, status) ? words[status as RunStatus] : ['unknown' as const, status];
  return { mark, word };
}

/** Entries as lines, newest first: an intent is left out once its result is there. */
export function auditLines(entries: AuditEntry[]): AuditLine[] {
  const ended = new Set(entries.filter((entry) => entry.event === 'result').map((entry) => entry.runId));
  return entries
    .filter((entry) => entry.event !== 'intent' || !ended.has(entry.runId))
    .map((entry) => ({
      seq: entry.seq,
      ts: entry.ts,
      entry,
      what: whatOf(entry),
      target: targetOf(entry),
      ...outcomeOf(entry),
    }));
}

function outcomeOf(entry: AuditEntry): Pick<AuditLine, 'mark' | 'word' | 'sentence'> {
  if (entry.result) {
    const { mark, word } = statusWords(entry.result.status);
    return { mark, word, sentence: entry.result.message };
  }
  switch (entry.event) {
    case 'intent':
      return {
        mark: 'unknown',
        word: 'Begun',
        sentence: 'It was begun; how it ended is not written down yet.',
      };
    case 'cancel_requested':
      return { mark: 'unknown', word: 'Stop asked', sentence: 'Somebody asked to stop this run.' };
    case 'queued':
      return { mark: 'unknown', word: 'Queued', sentence: text(entry.message) ?? 'It waits for its turn.' };
    case 'approved':
      return { mark: 'ok', word: 'Approved', sentence: text(entry.message) ?? 'A second person approved it.' };
    case 'schedule_missed':
      return { mark: 'warning', word: 'Missed', sentence: text(entry.message) ?? 'A scheduled run was missed.' };
    case 'schedule_created':
    case 'schedule_changed':
    case 'schedule_deleted':
    case 'schedule':
      return { mark: 'ok', word: sentenceCase(entry.event), sentence: text(entry.message) ?? '' };
    case 'denied':
      return { mark: 'warning', word: 'Refused', sentence: text(entry.message) ?? 'It was refused.' };
    case 'login_ok':
      return { mark: 'ok', word: 'Signed in', sentence: text(entry.message) ?? '' };
    case 'login_fail':
      return { mark: 'warning', word: 'Refused', sentence: text(entry.message) ?? '' };
    case 'logout':
      return { mark: 'ok', word: 'Signed out', sentence: text(entry.message) ?? '' };
    case 'config_reloaded':
      return { mark: 'ok', word: 'Taken', sentence: text(entry.message) ?? '' };
    case 'config_refused':
      return { mark: 'critical', word: 'Not taken', sentence: text(entry.message) ?? '' };
    case 'cache_cleared':
      return { mark: 'ok', word: 'Cleared', sentence: text(entry.message) ?? '' };
    case 'text_revealed':
      return { mark: 'ok', word: 'Shown', sentence: text(entry.message) ?? 'A text was shown with its values.' };
    case 'recovered':
      return {
        mark: 'warning',
        word: 'Recovered',
        sentence: text(entry.message) ?? 'The audit went on in a new file.',
      };
    default:
      return { mark: 'unknown', word: sentenceCase(entry.event), sentence: text(entry.message) ?? '' };
  }
}

/** Events that have a name of their own. */
const named: Record<string, string> = {
  recovered: 'Audit file',
  login_ok: 'Sign-in',
  login_fail: 'Sign-in',
  logout: 'Sign-out',
  config_reloaded: 'Configuration',
  config_refused: 'Configuration',
};

/** What was done: the preview's question without its question mark. */
function whatOf(entry: AuditEntry): string {
  if (entry.title) return entry.title.replace(/\?$/, '');
  if (entry.action) return sentenceCase(entry.action);
  return Object.hasOwn(named, entry.event) ? (named[entry.event] ?? '') : sentenceCase(entry.event);
}

function targetOf(entry: AuditEntry): string | undefined {
  const target = entry.target as { name?: unknown; database?: unknown; members?: Partial<Member>[] } | undefined;
  if (!target) return undefined;
  if (typeof target.name === 'string')
    return typeof target.database === 'string' ? `${target.name} in ${target.database}` : target.name;
  const members = target.members ?? [];
  const [first] = members;
  if (!first) return undefined;
  return members.length === 1 ? (first.title ?? `session ${first.pid}`) : plural(members.length, 'session');
}

/** How long it took and how sure the result is: `41 ms, verified`; undefined where it has not ended. */
export function tookWords(entry: AuditEntry): string | undefined {
  if (!entry.result) return undefined;
  const took = entry.result.ms < 60_000 ? milliseconds(entry.result.ms) : durationInWords(entry.result.ms / 1000);
  if (entry.result.verified === true) return `${took}, verified`;
  return entry.result.verified === false ? `${took}, not verified` : took;
}

/** The sessions of a run with what became of each. */
export function membersOf(entry: AuditEntry): { pid: number; title: string; result: MemberResult | undefined }[] {
  const members = (entry.target as { members?: Partial<Member>[] } | undefined)?.members ?? [];
  return members.map(({ pid = 0, title = '' }) => ({
    pid,
    title,
    result: entry.result?.members?.find((each) => each.pid === pid),
  }));
}

/** The page in a sentence, from the lines that are loaded. */
export function auditSentence(
  lines: AuditLine[],
  { more = false, filtered = false, ownOnly = false }: { more?: boolean; filtered?: boolean; ownOnly?: boolean },
): string {
  const whose = ownOnly ? ' You see what you did yourself, and what was done where you are admin.' : '';
  if (lines.length === 0)
    return filtered
      ? `No entry matches the filters.${whose}`
      : `${ownOnly ? 'There is nothing here that you may see.' : 'Nothing was done with pgdeck yet.'} Each action is written here before it runs.${whose}`;
  const runs = lines.filter((line) => line.entry.action && line.entry.event !== 'cancel_requested');
  const bad = runs.filter((line) => line.mark === 'critical').length;
  const open = runs.filter((line) => line.mark === 'unknown').length;
  const first = `${more ? 'The newest ' : ''}${plural(lines.length, 'entry', 'entries')}${filtered ? ' of the filters' : ''}${more ? ' are shown' : ''}`;
  const rest = [
    bad > 0 ? `${bad} failed` : undefined,
    open > 0 ? `${open} ${open === 1 ? 'has' : 'have'} no known end` : undefined,
  ].filter(Boolean);
  return `${first}${rest.length > 0 ? `; ${rest.join(', ')}` : runs.length > 0 ? '; none failed' : ''}. Each action is written to disk before it runs, and again when it has ended.${whose}`;
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

function sentenceCase(name: string): string {
  const spaced = name.replaceAll('_', ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
