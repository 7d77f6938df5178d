'use client';

import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { SqlBlock } from '@/components/ui/sql';
import { announce } from '@/lib/client/announce';
import { usePageTime } from '@/lib/client/page-time';
import { request } from '@/lib/client/request';
import { useSession } from '@/lib/client/session';
import type { SessionServer } from '@/lib/client/shapes';
import type { TopicId } from '@/lib/topics/index';

/** Where a statement's text stands: the topic, the columns that tell its row, and its own. */
export type TextOf = { topic: TopicId; key: Record<string, string | number | boolean | null>; column: string };

/** A statement's text as it is shown now, and what can be done about its values. */
export type Reveal = {
  text: string | null;
  seen: SessionServer['queryText'] | undefined;
  shown: boolean;
  asking: boolean;
  problem: string | undefined;
  show: () => void;
  hide: () => void;
};

/** What who is signed in sees of the texts of the page's server; undefined: not known yet. */
export function useTextSeen(): SessionServer['queryText'] | undefined {
  const { server } = usePageTime();
  return useSession()?.servers[server]?.queryText;
}

/** A text with its values masked, to be shown with them when asked for; another text, row or moment hides them again. */
export function useReveal({ topic, key, column }: TextOf, masked: string | null): Reveal {
  const { server, at } = usePageTime();
  const seen = useTextSeen();
  const place = JSON.stringify([server, at, topic, key, column, masked]);
  const [kept, setKept] = useState<{ place: string; text?: string; problem?: string }>();
  const now = kept?.place === place ? kept : undefined;
  const show = async () => {
    setKept({ place });
    try {
      const { text } = await request<{ text: string }>(`/api/servers/${encodeURIComponent(server)}/reveal`, {
        body: { topic, key, column, ...(at !== null && { at: String(at) }) },
      });
      setKept((before) => (before?.place === place ? { place, text } : before));
      announce('The values are shown.');
    } catch (error) {
      setKept((before) => (before?.place === place ? { place, problem: (error as Error).message } : before));
    }
  };
  return {
    text: now?.text ?? masked,
    seen,
    shown: now?.text !== undefined,
    asking: now !== undefined && now.text === undefined && now.problem === undefined,
    problem: now?.problem,
    show,
    hide: () => setKept(undefined),
  };
}

/** What stands below a masked text: how its values are shown, or why they are not. */
export function RevealLine({ reveal: { seen, shown, asking, problem, show, hide } }: { reveal: Reveal }) {
  if (seen === undefined || seen === 'plain') return null;
  const why = whyMasked(seen);
  if (why) return <p className="muted">{why}</p>;
  return (
    <p className="muted flex flex-wrap items-center gap-2">
      <Button look="quiet" off={asking && 'It is being asked for.'} onClick={shown ? hide : show}>
        {shown ? 'Hide values' : 'Reveal values'}
      </Button>
      <span role="status">
        {problem ?? (shown ? 'It is written down that you saw them.' : 'It is written down who sees them.')}
      </span>
    </p>
  );
}

/** Why values cannot be shown at all; undefined: they can. */
export function whyMasked(seen: SessionServer['queryText'] | undefined): string | undefined {
  if (seen === 'masked') return 'Values are masked for your role.';
  return seen === 'hidden' ? 'Texts of statements are not shown without sign-in.' : undefined;
}

/** A masked text of a list by itself, to be shown with its values. */
export function RevealDialog({
  title,
  of,
  masked,
  onClose,
}: {
  title: string;
  of: TextOf;
  masked: string;
  onClose: () => void;
}) {
  const reveal = useReveal(of, masked);
  return (
    <Dialog open onOpenChange={(open) => open || onClose()} title={title}>
      <SqlBlock sql={reveal.text ?? ''} label="Statement" />
      <RevealLine reveal={reveal} />
    </Dialog>
  );
}
