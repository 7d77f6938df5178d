import './globals.css';
import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import { headers } from 'next/headers';
import type { ReactNode } from 'react';
import { catalogue } from '@/lib/actions/catalogue';
import { isFramePath } from '@/lib/client/bearer';
import { frameScript } from '@/lib/client/frame-script';
import { lookScript } from '@/lib/client/look-script';
import type { Role } from '@/lib/client/shapes';
import type { TopicFacts } from '@/lib/client/topic-facts';
import { topics } from '@/lib/topics/index';
import { Providers } from './providers';

export const metadata: Metadata = {
  title: { default: 'pgdeck', template: '%s – pgdeck' },
  description: 'What PostgreSQL servers do, what is wrong with them, and the remedy.',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1 };

const facts: Record<string, TopicFacts> = Object.fromEntries(
  Object.values(topics).map(({ id, title, cadenceSeconds, sources }) => [
    id,
    { title, cadenceSeconds, sources: sources.join(', ') },
  ]),
);

const actionRoles: Record<string, Role> = Object.fromEntries(catalogue().map(({ id, role }) => [id, role as Role]));

/** The document around every page. Reading the nonce makes pages dynamic, which a nonce CSP asks for. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const sent = await headers();
  const nonce = sent.get('x-nonce') ?? undefined;
  const first = isFramePath(sent.get('x-pgdeck-path')?.split('?')[0] ?? '') ? frameScript : '';
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`} suppressHydrationWarning>
      <head>
        <script nonce={nonce} suppressHydrationWarning>
          {first + lookScript}
        </script>
      </head>
      <body>
        <a className="skip-link" href="#content">
          Skip to content
        </a>
        <Providers nonce={nonce} topicFacts={facts} actionRoles={actionRoles}>
          {children}
        </Providers>
      </body>
    </html>
  );
}
