import { Ban, Copy, ListTree, Lock, OctagonX, PanelRight } from 'lucide-react';
import type { MenuEntry } from '@/components/ui/menu';
import { copyText } from '@/components/ui/sql';
import type { PreviewBody } from '@/lib/actions/protocol';
import { announce } from '@/lib/client/announce';
import { asText } from './select';
import { actionOn, actOn } from './session-actions';
import { type Session, whyNotCancel, whyNotSignal } from './session-kind';

/** What the menu of a session can start. */
export type SessionActs = {
  act: (body: PreviewBody) => void;
  show: (session: Session) => void;
  locksHref: (pid: number) => string;
};

/** The menu of a session: what it is and holds, then cancel and terminate, each off with its reason. */
export function sessionMenu(session: Session, { act, show, locksHref }: SessionActs): MenuEntry[] {
  const off = whyNotSignal(session);
  const noCancel = whyNotCancel(session);
  const inTree = session.blocks > 0 || session.blocked_by.length > 0;
  return [
    { label: 'Show session', icon: PanelRight, onSelect: () => show(session) },
    {
      label: 'Show what it holds',
      icon: Lock,
      ...(session.blocks > 0
        ? { href: locksHref(session.pid) }
        : { off: 'Nobody waits for what it holds. The preview of a termination lists its locks.' }),
    },
    {
      label: 'Show in blocking tree',
      icon: ListTree,
      ...(inTree ? { href: locksHref(session.pid) } : { off: 'It waits for nobody, and nobody waits for it.' }),
    },
    {
      label: 'Copy as text',
      icon: Copy,
      onSelect: async () => {
        announce((await copyText(asText(session))) ? 'Copied.' : 'Not copied: the browser did not allow it.');
      },
    },
    'separator',
    {
      label: 'Cancel statement…',
      icon: Ban,
      acts: actOn(session, 'cancel'),
      off: noCancel,
      onSelect: () => act(actionOn(session, 'cancel')),
    },
    {
      label: `Terminate session ${session.pid}…`,
      icon: OctagonX,
      acts: actOn(session, 'terminate'),
      danger: !off,
      off,
      onSelect: () => act(actionOn(session, 'terminate')),
    },
  ];
}
