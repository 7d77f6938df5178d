'use client';

import { createContext, useContext } from 'react';
import type { TopicId } from '@/lib/topics/index';

/** What the interface has to know of a topic before it has asked anything; its SQL and row shape stay on the server. */
export type TopicFacts = { title: string; cadenceSeconds: number; sources: string };

/** The facts of every topic by id, given by the root layout from the registry. */
export const TopicFactsContext = createContext<Record<string, TopicFacts>>({});

/** The facts of a topic. */
export function useTopicFacts(topic: TopicId): TopicFacts {
  const facts = useContext(TopicFactsContext)[topic];
  if (!facts) throw new Error(`The root layout gives no facts of topic "${topic}"`);
  return facts;
}
