import type { FindingsAnswer } from '@/lib/findings/findings';
import { list } from '@/lib/format';

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

/** What the overview says when nothing needs attention, naming what is not known. */
export function quietSentence(answer: FindingsAnswer): string {
  if (answer.notJudged.length === 0) return `${inWords(answer.ok.length)} checks found nothing.`;
  return `Not judged: ${list(answer.notJudged.map(({ title }) => title.toLowerCase()))}.`;
}

function lowerFirst(text: string): string {
  // Only an ordinary word: names such as "VACUUM" and "pg_monitor" keep their case.
  return /^[A-Z][a-z]+ /.test(text) ? text[0]?.toLowerCase() + text.slice(1) : text;
}
