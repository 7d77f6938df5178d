import type { PastRun } from '@/lib/actions/protocol';
import { visible } from '../ui/highlight';
import { Ago } from '../ui/time';
import { pastWords } from './words';

const most = 3;

/** Earlier runs of the same kind as a row of facts; nothing where there were none. */
export function PastRuns({ past }: { past: PastRun[] | undefined }) {
  if (!past?.length) return null;
  return (
    <div className="contents">
      <dt>Earlier runs</dt>
      <dd>
        <ul>
          {past.slice(0, most).map((run) => (
            <li key={run.runId}>
              {pastWords(run)}, <bdi>{visible(run.target)}</bdi>,{' '}
              <span className="muted">
                <Ago at={run.startedAt} />
              </span>
            </li>
          ))}
          {past.length > most && <li className="muted">and {past.length - most} more</li>}
        </ul>
      </dd>
    </div>
  );
}
