'use client';

import { withBasePath } from '@/lib/client/base-path';
import { StateText } from '../ui/state';

/** What is said where a page could not be made: what happened, what stays as it was, what to do. */
export function PageFailure({
  digest,
  retry,
  framed = false,
}: {
  digest: string | undefined;
  retry: () => void;
  /** In a portal's frame, which leads nowhere else. */
  framed?: boolean;
}) {
  return (
    <section className="panel" aria-labelledby="failure">
      <header>
        <h1 id="failure" className="text-lg font-semibold">
          This page could not be shown
        </h1>
      </header>
      <div className="panel-message" role="alert">
        <StateText state="unknown">An error in pgdeck itself</StateText>
        <p>
          Nothing was done to the server that is watched, and pgdeck goes on watching it. Show the page again; if that
          does not help, the log of pgdeck names the error{digest ? ` under ${digest}` : ''}.
        </p>
        <div className="actions">
          <button type="button" className="button button-primary" onClick={retry}>
            Show the page again
          </button>
          {!framed && <a href={withBasePath('/')}>Open the overview</a>}
        </div>
      </div>
      {digest && (
        <footer>
          <span>{digest}</span>
        </footer>
      )}
    </section>
  );
}
