import { expect, test } from 'vitest';
import { withoutPasswords, withoutSecrets } from './secrets';

test.each([
  ["alter role app password 'Hunter2!'", "alter role app password '…'"],
  [
    "create user app with encrypted PASSWORD E'it''s\\' here' login",
    "create user app with encrypted PASSWORD '…' login",
  ],
  ['alter role app password $x$Hunter2$x$ login', "alter role app password '…' login"],
  ["alter role app password 'cut in the mid", "alter role app password '…'"],
  [
    "create user mapping for a server b options (user 'u', password 'Hunter2')",
    "create user mapping for a server b options (user 'u', password '…')",
  ],
  [
    "create subscription s connection 'host=h password=Hunter2 user=u' publication p",
    "create subscription s connection 'host=h password=… user=u' publication p",
  ],
  ["update users set password = 'Hunter2' where id = 1", "update users set password = '…' where id = 1"],
])('%s', (text, masked) => expect(withoutPasswords(text)).toBe(masked));

test.each([
  'select password from users where id = $1',
  'select 1',
  'alter role app password null',
  'update u set password = $1',
])('%s stays as it is', (text) => expect(withoutPasswords(text)).toBe(text));

test.each([
  ['primary_conninfo', 'host=a user=r password=Hunter2 port=1', 'host=a user=r password=… port=1'],
  ['primary_conninfo', "host=a password='Hun ter2' port=1", 'host=a password=… port=1'],
  ['archive_command', 'PGPASSWORD=Hunter2 push %p', 'PGPASSWORD=… push %p'],
  ['archive_command', 'push --secret-key Hunter2 postgres://u:Hunter2@h/d', 'push --secret-key … postgres://u:…@h/d'],
  ['database shop: app.settings.jwt_secret', 'Hunter2', '…'],
  ['ssl_passphrase_command', 'echo Hunter2', '…'],
  ['password_encryption', 'scram-sha-256', 'scram-sha-256'],
  ['ssl_key_file', 'server.key', 'server.key'],
  ['work_mem', '4096', '4096'],
  ['search_path', null, null],
])('setting %s = %s', (name, value, told) => expect(withoutSecrets(name, value)).toBe(told));
