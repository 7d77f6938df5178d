'use client';

import type { Preview } from '@/lib/actions/protocol';
import { useNow } from '@/lib/client/clock';

const lifeMs = 120_000;

/** How long a preview is still valid, in ms; counted from its arrival, for clocks of two computers differ. */
export function useValidity(preview: Preview | undefined, previewedAt: number): number {
  const now = useNow() ?? previewedAt;
  if (!preview) return 0;
  const given = Math.min(lifeMs, Math.max(0, Date.parse(preview.expiresAt) - previewedAt) || lifeMs);
  return Math.max(0, previewedAt + given - now);
}

/** The time left, and one step that renews it without losing what was typed. */
export function Validity({ leftMs, busy, onRenew }: { leftMs: number; busy: boolean; onRenew: () => void }) {
  const seconds = Math.ceil(leftMs / 1000);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return (
    <span className="validity">
      <span className="validity-bar" aria-hidden="true">
        <i style={{ width: `${(leftMs / lifeMs) * 100}%` }} />
      </span>
      <span role="timer">{seconds > 0 ? `Preview valid for ${text}` : 'Preview expired'}</span>
      <button type="button" className="link-button" onClick={onRenew} aria-disabled={busy}>
        {busy ? 'Renewing' : 'Renew'}
      </button>
    </span>
  );
}
