import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { type State, StateIcon } from './state';

/** A remark in place: what happened, why, what to do; `action` is one button at its end. */
export function Note({
  state,
  icon: Icon,
  role,
  action,
  children,
}: {
  state?: State;
  icon?: LucideIcon;
  role?: 'alert' | 'status' | 'note';
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className={`note ${state ?? ''}`} {...(role && { role })}>
      {Icon ? <Icon className="icon" aria-hidden /> : <StateIcon state={state ?? 'unknown'} />}
      <div>{children}</div>
      {action}
    </div>
  );
}
