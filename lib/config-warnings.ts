import type { AccessConfig } from '@/lib/config-access';
import { type Environment, isLoopbackHost, setting } from '@/lib/config-early.mjs';

/** What the warnings look at, of what was read. */
type Told = {
  host: string;
  access: AccessConfig;
  servers: readonly { name: string; demo: boolean; read: { user: string }; action: { user: string } }[];
};

/** Settings that only some ways to recognise people look at: set in another one, they do nothing. */
const idle: { names: RegExp; counts: (access: AccessConfig) => boolean; where: string }[] = [
  { names: /^PGDECK_LOCAL_ROLE$/, counts: ({ mode }) => mode === 'local', where: 'without PGDECK_AUTH on loopback' },
  { names: /^PGDECK_OIDC_/, counts: ({ mode }) => mode === 'oidc', where: 'with PGDECK_AUTH=oidc' },
  { names: /^PGDECK_PROXY_/, counts: ({ mode }) => mode === 'proxy', where: 'with PGDECK_AUTH=proxy' },
  { names: /^PGDECK_USERS$/, counts: ({ mode }) => mode === 'password', where: 'with PGDECK_AUTH=password' },
  {
    names: /^PGDECK_(VIEWER|OPERATOR|ADMIN)_GROUPS$/,
    counts: ({ mode }) => mode === 'oidc' || mode === 'proxy',
    where: 'with PGDECK_AUTH=oidc or proxy',
  },
  { names: /^PGDECK_EMBED_/, counts: ({ embed }) => embed !== undefined, where: 'with PGDECK_EMBED_ORIGINS' },
  {
    names: /^PGDECK_INSECURE_HTTP$/,
    counts: ({ publicOrigin }) => publicOrigin?.startsWith('http:') === true,
    where: 'with a PGDECK_PUBLIC_URL that is http://',
  },
];

/** What is allowed and risky, or set and without effect, in sentences for the terminal. */
export function accessWarnings(env: Environment, { host, access, servers }: Told): string[] {
  const { mode, publicOrigin, embed, roleOf, actions } = access;
  const told: string[] = [];
  if (mode === 'anonymous') {
    told.push(openToAll);
    if (setting(env, 'PGDECK_ACTIONS') !== undefined)
      told.push('PGDECK_ACTIONS has no effect: where nobody signs in, there are no actions.');
  }
  if (isPlain(publicOrigin))
    told.push(
      'PGDECK_PUBLIC_URL is http://: what people see, and what lets them in, travels unencrypted. Put TLS in front.',
    );
  if (embed?.origins.some(isPlain))
    told.push('PGDECK_EMBED_ORIGINS has an http:// portal: its pages, and pgdeck in them, can be changed on the way.');
  if (embed?.actions)
    told.push(
      'PGDECK_EMBED_ACTIONS=1: actions can be run inside a portal’s page, which can lay itself over the buttons.',
    );
  if (roleOf.admin.includes('*')) told.push('PGDECK_ADMIN_GROUPS has *: everybody who signs in is admin.');
  const unreachable = isEverywhere(host) && publicOrigin === undefined && !setting(env, 'PGDECK_ALLOWED_HOSTS');
  if (unreachable)
    told.push(
      'Other machines reach pgdeck by no name: set PGDECK_PUBLIC_URL (or PGDECK_ALLOWED_HOSTS) to the one that browsers use.',
    );
  if (mode !== 'local' && actions !== 'off')
    for (const { name, read, action, demo } of servers)
      if (!demo && read.user === action.user)
        told.push(
          `PGDECK_ACTIONS=${actions}: ${name} has one role, ${read.user}, so that reading has the rights of acting. Give actions their own: PGDECK_ACTION_URL, or actionUrl in PGDECK_CONFIG.`,
        );
  return [...told, ...withoutEffect(env, access)];
}

/** Servers whose actions go to a host of another name: it may be the same one behind a pooler or an alias. */
export function hostWarnings(
  servers: readonly { id: string; read: { host: string }; action: { host: string } }[],
): string[] {
  const machine = (host: string) => (host.startsWith('/') || isLoopbackHost(host) ? 'localhost' : host.toLowerCase());
  return servers
    .filter(({ read, action }) => machine(read.host) !== machine(action.host))
    .map(
      ({ id, read, action }) =>
        `${id}: questions go to ${read.host} and actions to ${action.host} (url and actionUrl). pgdeck refuses to act unless both are the same server.`,
    );
}

/** What is repeated in the log as long as nobody signs in. */
export const openToAll =
  'Nobody signs in (PGDECK_ALLOW_UNAUTHENTICATED=read-only): whoever reaches pgdeck sees what it watches, without query texts and actions.';

function withoutEffect(env: Environment, access: AccessConfig): string[] {
  return idle.flatMap(({ names, counts, where }) => {
    const given = Object.keys(env).filter((name) => names.test(name) && setting(env, name) !== undefined);
    if (given.length === 0 || counts(access)) return [];
    return [`${given.sort().join(', ')} ${given.length === 1 ? 'counts' : 'count'} only ${where}.`];
  });
}

function isPlain(origin: string | undefined): boolean {
  return origin?.startsWith('http:') === true && !isLoopbackHost(new URL(origin).hostname);
}

/** Whether a host to listen on is every address of the machine. */
export function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
