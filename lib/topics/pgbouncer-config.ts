import { z } from 'zod';
import { flag, maybeFlag, maybeText, text } from './column';
import { word } from './console';
import { withoutSecrets } from './secrets';
import { defineTopic } from './topic';

/** PgBouncer signs in to LDAP with what stands in these. */
const hidden = /^auth_ldap/;

/** PgBouncer's settings. */
export const pgbouncerConfig = defineTopic({
  id: 'pgbouncer-config',
  title: "PgBouncer's settings",
  summary: 'Settings of PgBouncer with their defaults, without passwords.',
  scope: 'server',
  cadenceSeconds: 60,
  requires: [],
  sources: ['SHOW CONFIG'],
  always: false,
  console: {
    show: [{ command: 'CONFIG' }],
    rows: (shown) =>
      (shown.CONFIG ?? []).map((row) => {
        const key = String(row.key);
        const value = word(row, 'value');
        const usual = word(row, 'default');
        return {
          key,
          value: hidden.test(key) && value ? '…' : withoutSecrets(key, value),
          default: usual,
          is_default: value === usual,
          changeable: row.changeable === undefined ? null : row.changeable === 'yes',
        };
      }),
  },
  row: z.object({
    key: text('Name of the setting.'),
    value: maybeText('Its value; passwords are left out.'),
    default: maybeText('The value that it has where nobody sets it.'),
    is_default: flag('Whether it has the value that it has where nobody sets it.'),
    changeable: maybeFlag('Whether RELOAD brings a new value into effect; else PgBouncer has to be restarted.'),
  }),
  key: ['key'],
});
