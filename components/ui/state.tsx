import type { ReactNode } from 'react';

/** How something is. Order of severity everywhere: critical, warning, unknown, ok. */
export type State = 'ok' | 'warning' | 'critical' | 'unknown';

const words: Record<State, string> = { ok: 'OK', warning: 'Warning', critical: 'Critical', unknown: 'Unknown' };

/** The word for a state. */
export function stateWord(state: State): string {
  return words[state];
}

/** The shape of a state: ticked circle, filled triangle, filled octagon, dashed circle. */
export function StateIcon({ state, className = 'icon' }: { state: State; className?: string }) {
  return (
    <svg
      className={className}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shapes[state]}
    </svg>
  );
}

const shapes: Record<State, ReactNode> = {
  ok: (
    <>
      <circle cx="12" cy="12" r="10" />
      <path d="m16 9-5.5 5.5L8 12" />
    </>
  ),
  warning: (
    <>
      <path d="M12 3.2 21.8 20.3H2.2z" fill="currentColor" />
      <path d="M12 9.4v4.6M12 17.1v.1" stroke="var(--surface)" strokeWidth="2.2" />
    </>
  ),
  critical: (
    <>
      <path d="M8.2 2.5h7.6l5.7 5.7v7.6l-5.7 5.7H8.2l-5.7-5.7V8.2z" fill="currentColor" />
      <path d="M12 7.5v5.2M12 16.4v.1" stroke="var(--surface)" strokeWidth="2.4" />
    </>
  ),
  unknown: (
    <>
      <circle cx="12" cy="12" r="10" strokeDasharray="4.2 3.65" />
      <path d="M9.3 9.4a2.75 2.75 0 0 1 5.3.9c0 1.8-2.6 2.4-2.6 3.7M12 17.1v.1" />
    </>
  ),
};

/** A state in a line: icon, word, colour. Without children the state's own word stands there. */
export function StateText({ state, small, children }: { state: State; small?: boolean; children?: ReactNode }) {
  return (
    <span className={`state ${state}`}>
      <StateIcon state={state} className={small ? 'icon icon-small' : 'icon'} />
      {children ?? words[state]}
    </span>
  );
}

/** A state as a small label. */
export function Badge({ state, children }: { state?: State; children: ReactNode }) {
  return (
    <span className={`badge ${state ?? ''}`}>
      {state && <StateIcon state={state} />}
      {children}
    </span>
  );
}
