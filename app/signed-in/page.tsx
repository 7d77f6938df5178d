import Link from 'next/link';
import '@/components/access/access.css';
import { SignInHead } from '@/components/access/sign-in-head';
import { visitor } from '../(deck)/visitor';

export const metadata = { title: 'Signed in' };

/** Where a sign-in in a tab of its own leads to: the page that asked for it goes on by itself. */
export default async function Page() {
  await visitor();
  return (
    <main id="content" tabIndex={-1} className="sign-in">
      <SignInHead />
      <section className="sign-in-card" aria-labelledby="signed-in">
        <h1 id="signed-in">You are signed in</h1>
        <p>Go back to the tab that you came from: it goes on by itself. This one can be closed.</p>
        <p>
          <Link href="/" prefetch={false}>
            Open pgdeck here instead
          </Link>
        </p>
      </section>
    </main>
  );
}
