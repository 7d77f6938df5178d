'use client';

import { ChevronDown } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { useFrame, usePagePath } from '@/lib/client/frame';
import { usePageTime } from '@/lib/client/page-time';
import { usePreference } from '@/lib/client/preferences';
import { lastingQuery } from '@/lib/client/range';
import type { FindingsAnswer } from '@/lib/client/shapes';
import type { SignInOffer } from '../access/offer';
import { UserMenu } from '../access/user-menu';
import { Link } from '../ui/link';
import { type State, StateIcon, stateWord } from '../ui/state';
import { Brand } from './brand';
import { LookMenu } from './look-menu';
import { type Page, pages } from './pages';
import { ServerCard } from './server-card';
import { useFindings } from './use-server';

/**
 * The left side: server, pages in their groups with the findings that each answers for, who is signed in, look. In a
 * portal's frame: server, and the pages that it may show.
 */
export function Navigation({
  server,
  offer,
  onLeave,
}: {
  server: string;
  offer?: SignInOffer | undefined;
  onLeave?: () => void;
}) {
  const frame = useFrame();
  const shown = pages.filter(({ slug }) => frame?.pages?.includes(slug) ?? true);
  const groups = [...new Set(shown.map((page) => page.group))];
  const findings = useFindings(server);
  const query = lastingQuery(useSearchParams());
  const current = usePagePath().split('/')[2];
  const [folded, setFolded] = usePreference('foldedGroups');
  const list = useRef<HTMLDivElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: on each page anew
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  return (
    <div className="nav-inner">
      {!frame && (
        <Link className="brand" href={`/${encodeURIComponent(server)}/overview${query}`} prefetch={false}>
          <Brand />
        </Link>
      )}
      <ServerCard id={server} />
      <div className="nav-groups" ref={list}>
        {groups.map((group) => {
          const open = !folded.includes(group);
          return (
            <div key={group} className="nav-group">
              <h2>
                <button
                  type="button"
                  aria-expanded={open}
                  onClick={() => setFolded(open ? [...folded, group] : folded.filter((name) => name !== group))}
                >
                  {group}
                  <ChevronDown className="icon icon-tiny" aria-hidden />
                </button>
              </h2>
              {open && (
                <ul>
                  {shown
                    .filter((page) => page.group === group)
                    .map((page) => (
                      <li key={page.slug}>
                        <Link
                          className="nav-item"
                          href={`/${encodeURIComponent(server)}/${page.slug}${query}`}
                          prefetch={false}
                          {...(onLeave && { onClick: onLeave })}
                          {...(page.slug === current && { 'aria-current': 'page' as const })}
                        >
                          <page.icon className="icon icon-small" aria-hidden />
                          {page.title}
                          <Count page={page} findings={findings} />
                        </Link>
                      </li>
                    ))}
                </ul>
              )}
            </div>
          );
        })}
      </div>
      {offer && (
        <div className="nav-foot">
          <UserMenu server={server} offer={offer} />
          <LookMenu />
        </div>
      )}
    </div>
  );
}

function Count({ page, findings }: { page: Page; findings: FindingsAnswer | undefined }) {
  const past = usePageTime().at !== null;
  const found = findings?.findings.filter(({ check }) => page.slug === 'overview' || page.checks.includes(check)) ?? [];
  const worst: State | undefined = found.some(({ severity }) => severity === 'critical')
    ? 'critical'
    : found.length > 0
      ? 'warning'
      : undefined;
  if (!worst) return null;
  return (
    <span className={`nav-count ${past ? 'nav-count-now' : worst}`} title={past ? 'As it is now' : undefined}>
      <StateIcon state={worst} className="icon icon-tiny" />
      {found.filter(({ severity }) => severity === worst).length}
      {past && ' now'}
      <span className="visually-hidden"> {stateWord(worst).toLowerCase()}</span>
    </span>
  );
}
