'use client';

import './access.css';
import { useEffect } from 'react';
import { withBasePath } from '@/lib/client/base-path';
import { request } from '@/lib/client/request';
import { Note } from '../ui/note';
import { type SignInOffer, startAddress } from './offer';
import { SignInForm } from './sign-in-form';
import { SignInHead } from './sign-in-head';

/**
 * The page where people sign in; it shows nothing of any server. `next` is where it leads to, `problem` what went wrong;
 * `lookAgain`: somebody may be signed in whom the request for this page did not tell of;
 * `hasNoRole`: it told who they are, and nobody gave them a role.
 */
export function SignInPage({
  offer,
  next,
  lookAgain,
  hasNoRole,
  problem,
}: {
  offer: SignInOffer;
  next: string;
  lookAgain: boolean;
  hasNoRole: boolean;
  problem: string | undefined;
}) {
  // A strict cookie does not come along from a link on another site: whoever is signed in goes on from here.
  useEffect(() => {
    if (!lookAgain) return;
    request('/api/session').then(
      () => location.replace(withBasePath(next)),
      () => {},
    );
  }, [next, lookAgain]);
  return (
    <main id="content" tabIndex={-1} className="sign-in">
      <SignInHead />
      <section className="sign-in-card" aria-labelledby="sign-in">
        <h1 id="sign-in">{hasNoRole ? 'No role for you here' : titles[offer.mode]}</h1>
        {problem && (
          <Note state={offer.mode === 'proxy' ? 'warning' : 'critical'} role="alert">
            <p>{problem}</p>
          </Note>
        )}
        <Way offer={offer} next={next} problem={problem} />
      </section>
    </main>
  );
}

const titles: Record<SignInOffer['mode'], string> = {
  password: 'Sign in',
  oidc: 'Sign in',
  proxy: 'The proxy did not say who you are',
  embed: 'Open it in the portal',
  local: 'Sign in',
  anonymous: 'Sign in',
};

function Way({ offer, next, problem }: { offer: SignInOffer; next: string; problem: string | undefined }) {
  switch (offer.mode) {
    case 'password':
      return (
        <>
          <SignInForm onSignedIn={() => location.assign(withBasePath(next))} />
          <p className="muted text-xs">Whoever runs this pgdeck makes accounts and new passwords.</p>
        </>
      );
    case 'oidc':
      return (
        <>
          <a className="button button-primary button-large" href={withBasePath(startAddress(next))}>
            Sign in with {offer.provider}
          </a>
          {problem && (
            <p>
              <a href={withBasePath(startAddress(next, true))}>Sign in as somebody else</a>
            </p>
          )}
        </>
      );
    case 'proxy':
      return (
        <>
          <p>
            A proxy in front of pgdeck signs people in and tells pgdeck who they are. Sign in there, then{' '}
            <a href={withBasePath(next)}>open this page again</a>.
          </p>
          <p className="soft">
            If it stays so, tell whoever runs this pgdeck what stands above: either the request did not come through the
            proxy, or the proxy sends no name that can be used, or nobody gave you a role.
          </p>
        </>
      );
    default:
      return (
        <p>
          This pgdeck is shown inside a portal only: open the portal and choose it there. Nobody signs in here by
          themselves.
        </p>
      );
  }
}
