import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { SignInPage } from '@/components/access/sign-in-page';
import { isFromElsewhere } from '@/lib/access/cross-site';
import { ApiError } from '@/lib/access/errors';
import { identify } from '@/lib/access/identify';
import { safeNext } from '@/lib/access/next-path';
import { signInProblem } from '@/lib/access/oidc/problems';
import { runtime } from '@/lib/runtime';
import { signInOffer } from '../sign-in-offer';

type Input = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export const metadata = { title: 'Sign in' };

/** The sign-in; who is recognised already, or where nobody signs in, is led on. */
export default async function Page({ searchParams }: Input) {
  const { next: to, error } = await searchParams;
  const next = safeNext(one(to));
  const { mode } = runtime().config.access;
  if (mode === 'local' || mode === 'anonymous') redirect('/');
  const given = await headers();
  const refused = await identify(given).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (refused === undefined) redirect(next);
  const ofProxy = mode === 'proxy' && refused instanceof ApiError ? refused.message : undefined;
  return (
    <SignInPage
      offer={signInOffer()}
      next={next}
      lookAgain={isFromElsewhere(given)}
      hasNoRole={mode === 'proxy' && refused instanceof ApiError && refused.status === 403}
      problem={ofProxy ?? signInProblem(one(error))}
    />
  );
}

const one = (value: string | string[] | undefined) => (typeof value === 'string' ? value : undefined);
