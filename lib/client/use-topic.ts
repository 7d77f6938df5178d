'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Row, TopicId } from '@/lib/topics/index';
import type { Answer } from '@/lib/topics/topic';
import { useInterval } from './live';
import { usePageTime } from './page-time';
import { askTopicNow, type TopicAsk, topicQuery } from './queries';
import type { RequestError } from './request';
import { useTopicFacts } from './topic-facts';

/** A topic as a page shows it: the answer, the newest rows there are, and how to ask again. */
export type TopicView<R = unknown> = {
  server: string;
  topic: TopicId;
  database: string | null;
  answer: Answer<R> | undefined;
  /** The rows of the answer, or the last ones where there is no answer now; undefined before the first. */
  rows: R[] | undefined;
  /** When `rows` were sampled, ISO 8601, and how old they were when they arrived. */
  sampledAt: string | undefined;
  ageSeconds: number | undefined;
  /** When the answer arrived here, ms. */
  receivedAt: number;
  /** The moment of the past that was asked for (epoch seconds); null: now. */
  at: number | null;
  cadenceSeconds: number;
  sources: string;
  /** Why pgdeck itself did not answer, the rows being older then. */
  lost: RequestError | undefined;
  /** Asks the server at once; refused (and said in `askAgainError`) more often than every 5 s. */
  askAgain: () => void;
  asking: boolean;
  askAgainError: Error | null;
};

/** Follows a topic of a server at its cadence, or as it was at the page's moment; pauses with the page and with Live. */
export function useTopic<Id extends TopicId>(server: string, topic: Id, asked: TopicAsk = {}): TopicView<Row<Id>> {
  const { at: pageAt } = usePageTime();
  const ask = { at: pageAt, ...asked };
  const at = ask.at ?? null;
  const options = topicQuery(server, topic, ask);
  const { cadenceSeconds, sources } = useTopicFacts(topic);
  const interval = useInterval(cadenceSeconds * 1000);
  const client = useQueryClient();
  const {
    data: answer,
    dataUpdatedAt,
    failureReason,
  } = useQuery({
    ...options,
    // What is now must not stand for the past while that is awaited, nor the other way round.
    placeholderData: (before, query) => (Boolean(query?.queryKey[3]?.at) === (at !== null) ? before : undefined),
    refetchInterval: at === null && interval,
    ...(at === null && { staleTime: cadenceSeconds * 1000 }),
  });
  const again = useMutation({
    mutationFn: () => askTopicNow(server, topic, ask),
    onSuccess: (fresh) => client.setQueryData(options.queryKey, fresh),
  });
  const held = answer && (answer.status === 'ok' ? answer : answer.last);
  return {
    server,
    topic,
    database: answer?.database ?? ask.database ?? null,
    answer,
    rows: held?.rows,
    sampledAt: held?.sampledAt,
    ageSeconds: held?.ageSeconds,
    receivedAt: dataUpdatedAt,
    at,
    cadenceSeconds,
    sources,
    lost: (failureReason as RequestError | null) ?? undefined,
    askAgain: () => again.mutate(),
    asking: again.isPending,
    askAgainError: again.error,
  };
}
