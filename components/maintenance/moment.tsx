'use client';

import { useAlive } from '@/lib/client/clock';
import { moment } from '@/lib/format';

/** A moment with its date by the reader's clock: for what is still to come. */
export function Moment({ at }: { at: string }) {
  const alive = useAlive();
  return <time dateTime={at}>{alive ? moment(new Date(at)) : '–'}</time>;
}
