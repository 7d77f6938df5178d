import type { RequestError } from '@/lib/client/request';
import { Note } from '../ui/note';

/** Why something was not done: what happened and what to do, with the ids that help to find it in the log. */
export function Failure({ title, error }: { title: string; error: RequestError }) {
  return (
    <Note state="critical" role="alert">
      <p>
        <b>{title}</b> {error.message}
      </p>
      {error.requestId && (
        <p className="muted text-xs">
          {error.code} · request {error.requestId}
        </p>
      )}
    </Note>
  );
}
