'use client';

import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, useState } from 'react';
import { LiveRegion } from '@/components/ui/live-region';
import { makeQueryClient } from '@/lib/client/query-client';
import { ActionRolesContext } from '@/lib/client/session';
import type { Role } from '@/lib/client/shapes';
import { type TopicFacts, TopicFactsContext } from '@/lib/client/topic-facts';

/** What every page stands on: the cache of answers, URL state, the nonce for popups, and the polite region. */
export function Providers({
  nonce,
  topicFacts,
  actionRoles,
  children,
}: {
  nonce: string | undefined;
  topicFacts: Record<string, TopicFacts>;
  actionRoles: Record<string, Role>;
  children: ReactNode;
}) {
  const [client] = useState(makeQueryClient);
  return (
    <CSPProvider {...(nonce !== undefined && { nonce })}>
      <QueryClientProvider client={client}>
        <NuqsAdapter>
          <TopicFactsContext value={topicFacts}>
            <ActionRolesContext value={actionRoles}>
              {children}
              <LiveRegion />
            </ActionRolesContext>
          </TopicFactsContext>
        </NuqsAdapter>
      </QueryClientProvider>
    </CSPProvider>
  );
}
