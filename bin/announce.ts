import type { Config } from '@/lib/config';
import type { AuthMode } from '@/lib/config-access';

/** Where browsers open a pgdeck. */
export function addressOf({
  host,
  port,
  access: { publicOrigin, basePath },
}: Pick<Config, 'host' | 'port' | 'access'>): string {
  return `${publicOrigin ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`}${basePath}`;
}

const signIn: Record<Exclude<AuthMode, 'local' | 'anonymous'>, string> = {
  password: 'with a password',
  oidc: 'at the provider of OpenID Connect',
  proxy: 'at the reverse proxy',
  embed: 'in a portal that shows pgdeck in a frame, or with a token',
};

/** What is said in the terminal once pgdeck serves: where, what it watches, who may do what. */
export function announcement(version: string, config: Config): string[] {
  const { servers, warnings, history, stateDir } = config;
  return [
    ...warnings,
    '',
    `pgdeck ${version} is running: ${addressOf(config)}`,
    ...servers.flatMap(({ name, demo, read, action }) => {
      const where = `${read.host}:${read.port}, database ${read.database}, role ${read.user}`;
      const acting = action.user === read.user ? '' : `, actions as ${action.user}`;
      const line = `${demo ? 'The demo' : name}: ${where}${acting}`;
      return demo
        ? [line, 'Your own server: DATABASE_URL=postgres://user:password@host:5432/database npm start']
        : [line];
    }),
    ...whoMay(config),
    history.url
      ? `History: ${history.url.host}:${history.url.port}, database ${history.url.database}`
      : history.kind === 'off'
        ? 'History: off (PGDECK_HISTORY)'
        : `History: below ${stateDir}`,
    'Ctrl-C stops it.',
    '',
  ];
}

function whoMay({ access }: Config): string[] {
  const { mode, localRole, actions, embed } = access;
  const words = { off: 'none', safe: 'those of an operator', all: 'all' }[actions];
  const given = `Actions: ${words} (PGDECK_ACTIONS)`;
  if (mode === 'local') return [`Not shared: this machine alone reaches it, without sign-in, as ${localRole}.`, given];
  if (mode === 'anonymous') return ['Everybody may look: no sign-in, no query texts, no actions.'];
  return [
    `Sign-in: ${signIn[mode]} (PGDECK_AUTH=${mode})`,
    ...(embed && mode !== 'embed' ? [`In frames of: ${embed.origins.join(', ')}`] : []),
    given,
  ];
}
