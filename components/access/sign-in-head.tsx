'use client';

import { Brand } from '../shell/brand';
import { LookMenu } from '../shell/look-menu';

/** What stands above the card of a page that is outside of the deck. */
export function SignInHead() {
  return (
    <div className="sign-in-head">
      <p className="brand">
        <Brand />
      </p>
      <LookMenu />
    </div>
  );
}
