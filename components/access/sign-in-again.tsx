'use client';

import { ExternalLink } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { withBasePath } from '@/lib/client/base-path';
import { request } from '@/lib/client/request';
import type { SessionAnswer } from '@/lib/client/shapes';
import { type SignInOffer, startAddress } from './offer';
import { SignInForm } from './sign-in-form';

/** How often it is asked whether somebody has signed in in another tab, ms. */
const everyMs = 3000;

/**
 * The way back in without leaving the page: the form, or a link that opens the provider in a new tab. Whoever signs in,
 * here or in another tab, is told to `onSignedIn`.
 */
export function SignInAgain({
  offer,
  name,
  onSignedIn,
}: {
  offer: SignInOffer;
  name: string | undefined;
  onSignedIn: (answer: SessionAnswer) => void;
}) {
  const [left, setLeft] = useState(false);
  useElsewhere(left, onSignedIn);
  if (offer.mode === 'password') return <SignInForm {...(name && { name })} onSignedIn={onSignedIn} />;
  const href = offer.mode === 'oidc' ? startAddress('/signed-in') : '/signed-in';
  return (
    <>
      <a
        className="button button-primary button-large"
        href={withBasePath(href)}
        target="_blank"
        rel="noopener"
        data-first=""
        onClick={() => setLeft(true)}
      >
        {offer.mode === 'oidc' ? `Sign in with ${offer.provider}` : 'Open pgdeck in a new tab'}
        <ExternalLink className="icon icon-small" aria-hidden />
      </a>
      <p className="soft" role="status">
        {left
          ? 'Waiting for you to sign in there. This page then goes on by itself.'
          : offer.mode === 'oidc'
            ? 'It opens in a new tab; this page stays as it is.'
            : 'The proxy in front of pgdeck signs you in there; this page stays as it is.'}
      </p>
    </>
  );
}

/** Notices that somebody has signed in in another tab: when this one is seen again, and while one waits for it. */
function useElsewhere(waiting: boolean, onSignedIn: (answer: SessionAnswer) => void) {
  const look = useCallback(async () => {
    if (document.visibilityState === 'hidden') return;
    const answer = await request<SessionAnswer>('/api/session').catch(() => undefined);
    if (answer) onSignedIn(answer);
  }, [onSignedIn]);
  useEffect(() => {
    document.addEventListener('visibilitychange', look);
    addEventListener('focus', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      removeEventListener('focus', look);
    };
  }, [look]);
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(look, everyMs);
    return () => clearInterval(timer);
  }, [waiting, look]);
}
