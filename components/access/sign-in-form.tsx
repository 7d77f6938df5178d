'use client';

import { useMutation } from '@tanstack/react-query';
import { Eye, EyeOff } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useNow } from '@/lib/client/clock';
import type { RequestError } from '@/lib/client/request';
import { signIn } from '@/lib/client/session-query';
import type { SessionAnswer } from '@/lib/client/shapes';
import { durationInWords } from '@/lib/format';
import { Button } from '../ui/button';
import { Note } from '../ui/note';

/** Name and password; works with password managers and paste. `name` is filled in where it is known. */
export function SignInForm({
  name: known,
  onSignedIn,
}: {
  name?: string;
  onSignedIn: (answer: SessionAnswer) => void;
}) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const [missing, setMissing] = useState<'name' | 'password'>();
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const signing = useMutation<SessionAnswer, RequestError, { name: string; password: string }>({
    mutationFn: (typed) => signIn(typed.name, typed.password),
    onSuccess: onSignedIn,
    onError: () => password.current?.select(),
  });
  const { error, isPending } = signing;
  const wait = useWait(signing);
  // A dialog looks itself for what has the focus first: it gives the focus back to where it was before.
  useEffect(() => {
    const first = (known ? password : name).current;
    if (!first?.closest('dialog')) first?.focus();
  }, [known]);

  // What a password manager fills in is read where it stands: not each of them tells React.
  const submit = () => {
    const typed = { name: name.current?.value.trim() ?? '', password: password.current?.value ?? '' };
    const empty = typed.name === '' ? 'name' : typed.password === '' ? 'password' : undefined;
    setMissing(empty);
    if (empty) (empty === 'name' ? name : password).current?.focus();
    else if (!isPending && wait === undefined) signing.mutate(typed);
  };
  const onKey = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'));
  const wrong = error?.status === 401;
  return (
    // Before this page is alive, a form without a method would write the password into the address.
    <form
      method="post"
      className="sign-in-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {error && (
        <Note state={error.status === 429 ? 'warning' : 'critical'} role="alert">
          <p id={`${id}-error`}>
            <b>Not signed in.</b> {error.message}
          </p>
          {wait !== undefined && (
            <p aria-hidden className="muted">
              Again in {durationInWords(wait)}.
            </p>
          )}
        </Note>
      )}
      <div className="sign-in-field">
        <label htmlFor={`${id}-name`}>Name</label>
        <input
          ref={name}
          id={`${id}-name`}
          name="username"
          className="text-input"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={known}
          data-first={known ? undefined : ''}
          required
          aria-invalid={wrong || missing === 'name' || undefined}
          aria-describedby={`${id}-error ${id}-name-wrong`}
          onChange={() => setMissing(undefined)}
        />
        {missing === 'name' && (
          <p id={`${id}-name-wrong`} className="act-wrong" role="alert">
            Type your name.
          </p>
        )}
      </div>
      <div className="sign-in-field">
        <label htmlFor={`${id}-password`}>Password</label>
        <span className="sign-in-password">
          <input
            ref={password}
            id={`${id}-password`}
            name="password"
            type={shown ? 'text' : 'password'}
            className="text-input"
            autoComplete="current-password"
            data-first={known ? '' : undefined}
            autoCapitalize="none"
            spellCheck={false}
            required
            aria-invalid={wrong || missing === 'password' || undefined}
            aria-describedby={`${id}-error ${id}-password-wrong ${id}-caps`}
            onKeyDown={onKey}
            onKeyUp={onKey}
            onBlur={() => setCapsLock(false)}
            onChange={() => setMissing(undefined)}
          />
          <button
            type="button"
            className="icon-button"
            aria-label="Show password"
            aria-pressed={shown}
            title={shown ? 'Hide password' : 'Show password'}
            onClick={() => setShown(!shown)}
          >
            {shown ? <EyeOff className="icon" aria-hidden /> : <Eye className="icon" aria-hidden />}
          </button>
        </span>
        {missing === 'password' && (
          <p id={`${id}-password-wrong`} className="act-wrong" role="alert">
            Type your password.
          </p>
        )}
        <p id={`${id}-caps`} className="sign-in-caps" role="status">
          {capsLock ? 'Caps Lock is on.' : ''}
        </p>
      </div>
      <Button
        type="submit"
        look="primary"
        large
        off={wait !== undefined ? `Wait ${durationInWords(wait)}.` : isPending && 'It is being checked.'}
      >
        {isPending ? 'Signing in' : 'Sign in'}
      </Button>
    </form>
  );
}

/** For how many seconds pgdeck takes no further try; undefined: it takes one. */
function useWait({ error, submittedAt }: { error: RequestError | null; submittedAt: number }): number | undefined {
  const now = useNow();
  if (!error?.retryAfterSeconds || !now) return undefined;
  const left = Math.ceil(error.retryAfterSeconds - (now - submittedAt) / 1000);
  return left > 0 ? left : undefined;
}
