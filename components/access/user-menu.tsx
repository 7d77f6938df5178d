'use client';

import './access.css';
import { useMutation } from '@tanstack/react-query';
import { CircleUserRound, LogOut } from 'lucide-react';
import { withBasePath } from '@/lib/client/base-path';
import type { RequestError } from '@/lib/client/request';
import { useSession } from '@/lib/client/session';
import { signOut } from '@/lib/client/session-query';
import type { SessionAnswer } from '@/lib/client/shapes';
import { clockMinutes, durationInWords } from '@/lib/format';
import { Button, IconButton } from '../ui/button';
import { visible } from '../ui/highlight';
import { Note } from '../ui/note';
import { Popover } from '../ui/popover';
import type { SignInOffer } from './offer';
import { useTimeLeft } from './use-time-left';

/** Who is signed in, with which role on the server of the page; opens to how and until when, and to signing out. */
export function UserMenu({ server, offer, small }: { server: string; offer: SignInOffer; small?: boolean }) {
  const session = useSession();
  if (offer.mode === 'local' || offer.mode === 'anonymous')
    return small ? null : (
      <p className="nobody">
        {offer.mode === 'local' ? 'This computer' : 'Anybody'}
        <small>{offer.mode === 'local' ? 'local, not shared' : 'may look, not act'}</small>
      </p>
    );
  if (!session) return small ? null : <p className="nobody">{'\u00a0'}</p>;
  const { name } = session.user;
  const role = session.servers[server]?.role ?? session.user.role;
  return (
    <>
      <Popover
        title={visible(name)}
        align={small ? 'end' : 'start'}
        trigger={
          small ? (
            <IconButton label={`Signed in as ${visible(name)}, ${role}`}>
              <CircleUserRound className="icon" aria-hidden />
            </IconButton>
          ) : (
            <button type="button" className="user-card" aria-label={`Signed in as ${visible(name)}, ${role}`}>
              <bdi className="cut">{visible(name)}</bdi> <small>{role}</small>
            </button>
          )
        }
      >
        <Facts session={session} role={role} offer={offer} />
      </Popover>
      {offer.mode !== 'proxy' && <SignOut icon />}
    </>
  );
}

function Facts({ session, role, offer }: { session: SessionAnswer; role: string; offer: SignInOffer }) {
  const left = useTimeLeft(session);
  const how =
    offer.mode === 'oidc'
      ? `with ${offer.provider}`
      : offer.mode === 'proxy'
        ? 'by the proxy in front of pgdeck'
        : 'with a password';
  return (
    <>
      <dl className="facts">
        <dt>Role here</dt>
        <dd>{role}</dd>
        <dt>Signed in</dt>
        <dd>{how}</dd>
        {session.expiresAt && (
          <>
            <dt>Ends</dt>
            <dd>
              {clockMinutes(new Date(session.expiresAt))}
              {left && `, in ${durationInWords(Math.max(0, Math.round(left.whole / 60_000)) * 60)}`}; before that when
              nothing is done here for an hour
            </dd>
          </>
        )}
      </dl>
      {offer.mode === 'proxy' ? (
        <p className="muted text-xs mt-2">Sign out at the proxy.</p>
      ) : (
        <div className="actions mt-2">
          <SignOut />
        </div>
      )}
    </>
  );
}

/** Ends the session here and, where there is one, at the provider. */
function SignOut({ icon }: { icon?: boolean }) {
  const leaving = useMutation<{ next: string | null }, RequestError>({
    mutationFn: signOut,
    onSuccess: ({ next }) => location.assign(next ?? withBasePath('/signin')),
  });
  const off = leaving.isPending && 'You are being signed out.';
  if (icon)
    return (
      <IconButton label="Sign out" off={off} onClick={() => leaving.mutate()}>
        <LogOut className="icon" aria-hidden />
      </IconButton>
    );
  return (
    <>
      <Button off={off} onClick={() => leaving.mutate()}>
        <LogOut className="icon icon-small" aria-hidden />
        Sign out
      </Button>
      {leaving.error && (
        <Note state="critical" role="alert">
          <p>
            <b>Still signed in.</b> {leaving.error.message}
          </p>
        </Note>
      )}
    </>
  );
}
