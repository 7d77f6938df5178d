import { headers } from 'next/headers';
import { serversFor } from '@/lib/access/server-access';
import { withBasePath } from '@/lib/client/base-path';
import { isFramePath } from '@/lib/client/bearer';
import { visitor } from './(deck)/visitor';

export const metadata = { title: 'No such page' };

/** What is said where an address leads nowhere, with the servers that the visitor may see. */
export default async function NotFound() {
  const path = (await headers()).get('x-pgdeck-path') ?? '/';
  // This is a part of every document; one for a portal's frame tells nothing to anybody.
  if (isFramePath(path.split('?')[0] ?? '')) return <main id="content" className="page" />;
  const servers = serversFor(await visitor());
  return (
    <main id="content" className="page">
      <section className="panel" aria-labelledby="nowhere">
        <header>
          <h1 id="nowhere" className="text-lg font-semibold">
            There is no such page
          </h1>
        </header>
        <div className="panel-message">
          <p>
            The address names a page or a server that this pgdeck does not have. It watches{' '}
            {servers.length === 1 ? 'one server' : `${servers.length} servers`}:
          </p>
          <ul className="grid gap-1">
            {servers.map(({ server: { config } }) => (
              <li key={config.id}>
                <a href={withBasePath(`/${config.id}/overview`)}>Overview of {config.name}</a>
              </li>
            ))}
          </ul>
        </div>
      </section>
    </main>
  );
}
