import { durationInWords } from '@/lib/format';

/** A duration for a sentence; some are not visible to every role. */
export function age(seconds: number | null): string {
  return seconds === null ? 'an unknown time' : durationInWords(seconds);
}
