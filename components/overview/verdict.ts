import { type Page, pageOfCheck } from '@/components/shell/pages';
import type { Finding } from '@/lib/checks/check';
import type { FindingsAnswer, ServerSummary } from '@/lib/client/shapes';
import { list, plural } from '@/lib/format';

/** How many of each state the checks found. */
export type Counts = { critical: number; warning: number; unknown: number; ok: number };

/** Counts the states of a judgement. */
export function countStates(answer: FindingsAnswer): Counts {
  const of = (severity: string) => answer.findings.filter((finding) => finding.severity === severity).length;
  return {
    critical: of('critical'),
    warning: of('warning'),
    unknown: answer.notJudged.length,
    ok: answer.ok.length,
  };
}

const words = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];
const inWords = (count: number) => words[count] ?? String(count);

/** The verdict as the title of the overview: how bad it is and what the worst is about. */
export function verdictTitle(answer: FindingsAnswer): string {
  const { critical, warning, unknown } = countStates(answer);
  const worst = answer.findings[0];
  const about = worst && `: ${lowerFirst(worst.title.replace(/\.$/, ''))}`;
  if (critical > 0) return `${inWords(critical)} ${critical === 1 ? 'thing is' : 'things are'} critical${about}`;
  if (warning > 0) return `${inWords(warning)} ${warning === 1 ? 'thing needs' : 'things need'} attention${about}`;
  if (unknown > 0)
    return unknown === 1
      ? 'Nothing is wrong, as far as can be judged: one check is unknown'
      : `Nothing is wrong, as far as can be judged: ${inWords(unknown).toLowerCase()} checks are unknown`;
  return 'All is well';
}

/** The title of the overview while the server cannot be asked; undefined while it answers. */
export function unreachedTitle(server: Pick<ServerSummary, 'name' | 'state'> | undefined): string | undefined {
  if (server?.state === 'unreachable') return `Nothing can be judged: ${server.name} cannot be asked`;
  if (server?.state === 'starting') return `Nothing is known yet: pgdeck is connecting to ${server.name}`;
  return undefined;
}

const severities = ['critical', 'warning'];

/** Findings in an order that stays from one judgement to the next: severity, check, beginning, identity. */
export function inOrder(answer: FindingsAnswer): FindingsAnswer {
  const checks = [...new Set(answer.findings.map((finding) => finding.check))];
  const findings = answer.findings.toSorted(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      checks.indexOf(a.check) - checks.indexOf(b.check) ||
      (a.since < b.since ? -1 : a.since > b.since ? 1 : 0) ||
      (a.key < b.key ? -1 : 1),
  );
  return { ...answer, findings };
}

/** Findings of one check and severity, which stand together. */
export type Alike = { key: string; findings: Finding[] };

/** Gathers what is alike, keeping the order. */
export function alike(findings: Finding[]): Alike[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.check}.${finding.severity}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups].map(([key, group]) => ({ key, findings: group }));
}

/** Checks that could not judge for one and the same reason, as one row: `Backups cannot be judged.` */
export type Unjudged = Pick<FindingsAnswer['notJudged'][number], 'because' | 'fixSql' | 'remedy'> & {
  key: string;
  title: string;
};

/** One row for each reason that kept checks from judging. */
export function unjudged(answer: FindingsAnswer): Unjudged[] {
  const reasons = new Map<string, FindingsAnswer['notJudged']>();
  for (const one of answer.notJudged) {
    const key = `${one.because}\n${one.fixSql ?? ''}`;
    reasons.set(key, [...(reasons.get(key) ?? []), one]);
  }
  return [...reasons].map(([key, checks]) => {
    const names = checks.map(({ title }, at) => (at === 0 ? title : lowerFirst(`${title} `).trim()));
    const { fixSql, remedy } = checks[0] ?? {};
    return {
      key,
      title: `${list(names, 4)} cannot be judged.`,
      because: checks[0]?.because ?? '',
      ...(fixSql && { fixSql }),
      ...(remedy && { remedy }),
    };
  });
}

/** Where the proof of a finding stands: the page, narrowed to its object, and the words of the button. */
export function proofOf(server: string, finding: Finding): { href: string; label: string } | undefined {
  const page = pageOfCheck(finding.check);
  if (!page) return undefined;
  const { kind, name, database } = finding.object;
  const query = new URLSearchParams();
  if (database && (kind === 'table' || kind === 'index')) query.set('database', database);
  if (name && kind !== 'server' && page.slug !== 'locks') query.set('filter', name);
  const text = query.toString();
  return { href: `/${encodeURIComponent(server)}/${page.slug}${text && `?${text}`}`, label: openWords(page) };
}

function openWords(page: Page): string {
  return page.slug === 'locks' ? 'Open blocking tree' : `Open ${page.title.toLowerCase()}`;
}

/** The words of the button of a finding's remedy: verb and object; an ellipsis, for a preview comes first. `titles` by action. */
export function remedyWords(
  { remedy, object }: Pick<Finding, 'remedy'> & Partial<Pick<Finding, 'object'>>,
  titles: ReadonlyMap<string, string> = new Map(),
): string | undefined {
  if (!remedy) return undefined;
  const { action, target } = remedy;
  const pid = target.kind === 'backend' ? target.pid : '';
  switch (action) {
    case 'analyze':
      return `Analyze ${object?.name ?? 'table'}…`;
    case 'terminate':
      return `Terminate session ${pid}…`;
    case 'cancel':
      return `Cancel statement of ${pid}…`;
    default: {
      const title = titles.get(action);
      const name = object?.name ?? (target.kind === 'extension' ? target.name : null);
      return title ? `${title}${name ? `: ${name}` : ''}…` : 'Preview the remedy…';
    }
  }
}

/** How many checks were run: those with findings, those that could not judge, and those that found nothing. */
export function checksSentence(answer: FindingsAnswer): string {
  const ids = [...answer.findings, ...answer.notJudged, ...answer.ok].map(({ check }) => check);
  return plural(new Set(ids).size, 'check');
}

function lowerFirst(text: string): string {
  // Only an ordinary word: names such as "VACUUM" and "pg_monitor" keep their case.
  return /^[A-Z][a-z]+ /.test(text) ? text[0]?.toLowerCase() + text.slice(1) : text;
}
