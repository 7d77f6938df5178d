'use client';

import { Info } from 'lucide-react';
import { useHrefs } from '@/components/sessions/use-hrefs';
import type { InTheWay } from '@/lib/actions/protocol';
import { visible } from '../ui/highlight';
import { Link } from '../ui/link';
import { Note } from '../ui/note';

const most = 5;

/** Who stands in the way, or behind: each in a sentence that leads to the session. Nothing where there is nobody. */
export function InTheWayNote({ server, title, all }: { server: string; title: string; all: InTheWay[] }) {
  if (all.length === 0) return null;
  return (
    <Note {...(all.some(({ pid }) => pid !== null) ? { state: 'warning' as const } : { icon: Info })}>
      <p>
        <b>{title}</b>
      </p>
      <InTheWayList server={server} all={all} />
    </Note>
  );
}

/** The sentences of those who stand in the way, the first five of them. */
export function InTheWayList({ server, all }: { server: string; all: InTheWay[] }) {
  return (
    <ul>
      {all.slice(0, most).map((one) => (
        <li key={`${one.pid}-${one.mode}-${one.sentence}`}>
          <Linked server={server} one={one} />
        </li>
      ))}
      {all.length > most && <li>and {all.length - most} more</li>}
    </ul>
  );
}

/** The sentence with its session as a link: to the blocking tree of a lock, else to the session. */
function Linked({ server, one: { pid, mode, sentence } }: { server: string; one: InTheWay }) {
  const hrefs = useHrefs(server);
  const text = visible(sentence);
  if (!pid) return text;
  const href = mode === null ? hrefs.session(pid) : hrefs.locks(pid);
  const found = new RegExp(`\\bsession ${pid}\\b`, 'i').exec(text);
  const link = (words: string) => (
    <Link href={href} prefetch={false}>
      {words}
    </Link>
  );
  if (!found)
    return (
      <>
        {text} {link(`Session ${pid}`)}
      </>
    );
  return (
    <>
      {text.slice(0, found.index)}
      {link(found[0])}
      {text.slice(found.index + found[0].length)}
    </>
  );
}
