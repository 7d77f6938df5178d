'use client';

import './access.css';
import { focusManager, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { announce } from '@/lib/client/announce';
import { refusal, signedOut } from '@/lib/client/refusal';
import { useKeptSession } from '@/lib/client/session';
import { arrived, sessionQuery } from '@/lib/client/session-query';
import type { SessionAnswer } from '@/lib/client/shapes';
import { visible } from '../ui/highlight';
import { EndWarning } from './end-warning';
import type { SignInOffer } from './offer';
import { OtherPerson } from './other-person';
import { OverEverything } from './over-everything';
import { SignInAgain } from './sign-in-again';

/** However much is refused, it is not asked more often who one is, ms. */
const leastMs = 2000;

/** What a person is known by while a page is open. */
type Person = Pick<SessionAnswer['user'], 'name' | 'mode'>;

/**
 * Keeps a page signed in: warns before the session ends; when it has, a dialog over everything asks to sign in again and
 * the page goes on as it was. Reads are asked again then, actions never. A page does not change hands: who signs in as
 * somebody else loads it anew.
 */
export function SessionKeeper({ offer }: { offer: SignInOffer }) {
  const client = useQueryClient();
  const session = useKeptSession(offer.mode !== 'local' && offer.mode !== 'anonymous');
  const person = useRef<Person>(undefined);
  const [out, setOut] = useState(false);
  const [other, setOther] = useState<Person>();
  person.current ??= session?.user;

  const take = useCallback((found: Person): boolean => {
    const was = person.current;
    if (!was || (was.name === found.name && was.mode === found.mode)) return true;
    setOther(found);
    return false;
  }, []);

  useEffect(() => {
    if (session) take(session.user);
  }, [session, take]);

  useEffect(() => {
    let asked = 0;
    const follow = () => {
      const status = refusal.get()?.status;
      if (status === 401) setOut(true);
      if (status !== 403 || Date.now() - asked < leastMs) return;
      // What one may do has changed perhaps: the buttons shall say so.
      asked = Date.now();
      client.invalidateQueries({ queryKey: sessionQuery().queryKey });
    };
    return refusal.subscribe(follow);
  }, [client]);

  const waits = out || other !== undefined;
  useEffect(() => {
    if (!waits) return;
    signedOut.set(true);
    // As behind another window: nothing is asked by itself until somebody is there again.
    focusManager.setFocused(false);
    return () => {
      signedOut.set(false);
      focusManager.setFocused(undefined);
    };
  }, [waits]);

  const onSignedIn = useCallback(
    (answer: SessionAnswer) => {
      if (!take(answer.user)) return;
      client.setQueryData(sessionQuery().queryKey, arrived(answer));
      setOut(false);
      announce('Signed in again.');
      client.invalidateQueries();
    },
    [client, take],
  );

  if (other) return <OtherPerson was={person.current?.name} now={other.name} />;
  if (!out) return <EndWarning session={session} />;
  const name = person.current?.name;
  return (
    <OverEverything
      title="Sign in again"
      lead={
        <>
          {name ? `The session of ${visible(name)} has ended.` : 'Your session has ended.'} This page stays as it is,
          with what you have typed. Nothing was run meanwhile, and nothing will be until you choose it.
        </>
      }
    >
      <SignInAgain offer={offer} name={name} onSignedIn={onSignedIn} />
    </OverEverything>
  );
}
