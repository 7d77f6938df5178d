'use client';

import { Button } from '../ui/button';
import { visible } from '../ui/highlight';
import { OverEverything } from './over-everything';

/** Somebody else has signed in than who opened this page: it is loaded anew, as theirs. */
export function OtherPerson({ was, now }: { was: string | undefined; now: string }) {
  return (
    <OverEverything
      title={`You are signed in as ${visible(now)}`}
      lead={`This page was opened by ${visible(was ?? 'somebody else')}. It is loaded anew as yours; what was typed in it is not kept, and nothing of it was run.`}
    >
      <div className="actions">
        <Button data-first large look="primary" onClick={() => location.reload()}>
          Load the page anew
        </Button>
      </div>
    </OverEverything>
  );
}
