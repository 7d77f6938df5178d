import { createHash } from 'node:crypto';
import {
  type Check,
  type CheckInput,
  type Finding,
  isNotJudged,
  type Judgement,
  type NotJudged,
  type Severity,
} from '@/lib/checks/check';
import { checks } from '@/lib/checks/index';
import type { Limits } from '@/lib/config';
import { log } from '@/lib/metrics/log';
import type { Answer } from '@/lib/topics/topic';

/** How a server is, as a whole: the worst finding; unknown where nothing was found but not everything could be judged. */
export type Verdict = 'ok' | 'warning' | 'critical' | 'unknown';

/** What `GET /api/servers/:server/findings` answers. */
export type FindingsAnswer = {
  verdict: Verdict;
  findings: Finding[];
  notJudged: (NotJudged & { check: string; title: string })[];
  /** Checks that found nothing and saw everything, each with what it looked at. */
  ok: { check: string; title: string; sentence: string }[];
  /** ISO 8601; null before the first judgement. */
  judgedAt: string | null;
  /** All that was looked at, for who may see only these databases. */
  of?: string[];
};

/** The side of the sampler that findings need. */
export type Latest = {
  latest(topic: string, database?: string | null): Answer | undefined;
  subscribe(listener: (topic: string, database: string | null) => void): void;
};

/** The newest answer of a topic; undefined where it was not asked yet. */
type AnswerOf = (topic: string) => Answer | undefined;

/** Snapshots come in bursts: one judgement for all that arrive within this time. */
const gatherMs = 200;

const severities: Severity[] = ['critical', 'warning'];

/** Runs the checks of one server whenever a topic they need has a new answer, and remembers since when each finding is there. */
export class FindingsKeeper {
  readonly #server: string;
  readonly #sampler: Latest;
  readonly #limits: Limits;
  #current: FindingsAnswer | undefined;
  #since = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(server: string, sampler: Latest, limits: Limits) {
    this.#server = server;
    this.#sampler = sampler;
    this.#limits = limits;
    const needed = new Set<string>(checks.flatMap((check) => check.topics));
    sampler.subscribe((topic) => {
      if (!needed.has(topic) || this.#timer) return;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.judge();
      }, gatherMs);
      this.#timer.unref();
    });
  }

  /** What was judged last; before the first answer everything is unknown. */
  current(): FindingsAnswer {
    return this.#current ?? this.judge();
  }

  /** Runs every check on what the sampler knows now (`now` in epoch milliseconds). */
  judge(now = Date.now()): FindingsAnswer {
    const { answer, since } = this.#judged((topic) => this.#sampler.latest(topic), now);
    this.#since = since;
    this.#current = answer;
    return answer;
  }

  /** The verdict for who may see some databases only: the same checks on the answers as they see them. */
  part(databases: ReadonlySet<string>, answerOf: AnswerOf, now = Date.now()): FindingsAnswer {
    return { ...this.#judged(answerOf, now, databases).answer, of: [...databases].sort() };
  }

  #judged(answerOf: AnswerOf, now: number, databases?: ReadonlySet<string>) {
    const input: CheckInput = { answer: (topic) => answerOf(topic) as never, limits: this.#limits };
    const answer: FindingsAnswer = {
      verdict: 'ok',
      findings: [],
      notJudged: [],
      ok: [],
      judgedAt: new Date(now).toISOString(),
    };
    const since = new Map<string, number>();
    for (const { id: check, title, judge, wholeServer } of checks) {
      const judged = this.#ask(check, judge, input);
      const result = databases && wholeServer ? partOf(judged, databases) : judged;
      if (isNotJudged(result)) {
        answer.notJudged.push({ check, title, ...result });
        // What could not be looked at now has not ended.
        for (const [place, at] of this.#since) if (place.startsWith(`${check}\n`)) since.set(place, at);
        continue;
      }
      for (const { sinceSeconds, ...draft } of result.findings) {
        const place = `${check}\n${draft.key}\n${draft.severity}`;
        const at = this.#since.get(place) ?? now - (sinceSeconds ?? 0) * 1000;
        since.set(place, at);
        const key = `${check}:${draft.key}`;
        answer.findings.push({ ...draft, id: idOf(this.#server, key), check, since: new Date(at).toISOString(), key });
      }
      if (result.notJudged) answer.notJudged.push({ check, title, ...result.notJudged });
      else if (result.findings.length === 0) answer.ok.push({ check, title, sentence: result.sentence });
    }
    answer.findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
    answer.verdict = answer.findings[0]?.severity ?? (answer.notJudged.length > 0 ? 'unknown' : 'ok');
    return { answer, since };
  }

  /** One check that fails must neither hide the others nor end the process: nobody waits for the timer. */
  #ask(check: string, judge: Check['judge'], input: CheckInput): ReturnType<Check['judge']> {
    try {
      return judge(input);
    } catch (error) {
      log.error({ err: error, server: this.#server, check }, 'a check failed');
      return { because: 'pgdeck itself failed on this check; see its log.' };
    }
  }
}

/** What a check of the whole server can tell of some databases: what it found in them, and that the rest is not known. */
function partOf(judged: Judgement | NotJudged, databases: ReadonlySet<string>): Judgement | NotJudged {
  const because = `This is about the whole server, of which you may see ${[...databases].sort().join(', ')}.`;
  if (isNotJudged(judged)) return { because };
  const findings = judged.findings.filter(({ object }) => object.database !== null && databases.has(object.database));
  return { findings, sentence: judged.sentence, notJudged: { because } };
}

function idOf(server: string, key: string): string {
  return createHash('sha1').update(`${server}\n${key}`).digest('hex').slice(0, 16);
}
