import { RequestError } from './request';

const steps = [1, 2, 5, 15, 30];

/** How long to wait before asking again after so many failures, in ms: 1, 2, 5, 15, then 30 s, each up to a fifth longer. */
export function retryDelay(failures: number, random: () => number = Math.random): number {
  const seconds = steps[Math.min(failures, steps.length - 1)] as number;
  return seconds * 1000 * (1 + random() * 0.2);
}

/** Whether asking again can help: not when the question itself is wrong. */
export function worthRetrying(_failures: number, error: unknown): boolean {
  return !(error instanceof RequestError) || error.status === 0 || error.status === 429 || error.status >= 500;
}
