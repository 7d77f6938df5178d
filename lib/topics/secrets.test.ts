import { expect, test } from 'vitest';
import { withoutSecrets } from './secrets';

test.each([
  ['primary_conninfo', 'host=a user=r password=Hunter2 port=1', 'host=a user=r password=… port=1'],
  ['primary_conninfo', "host=a password='Hun ter2' port=1", 'host=a password=… port=1'],
  ['archive_command', 'PGPASSWORD=Hunter2 push %p', 'PGPASSWORD=… push %p'],
  ['archive_command', 'push --secret-key Hunter2 postgres://u:Hunter2@h/d', 'push --secret-key … postgres://u:…@h/d'],
  ['archive_command', 'curl -u u --pass Hunter2 -T %p', 'curl -u u --pass … -T %p'],
  ['archive_command', 'push --pwd=Hunter2 %p', 'push --pwd=… %p'],
  ['primary_conninfo', 'host=a passfile=/srv/.pgpass', 'host=a passfile=/srv/.pgpass'],
  ['archive_command', 'cd $PWD && bypass cp %p /x', 'cd $PWD && bypass cp %p /x'],
  ['archive_command', 'lftp --passive host %p', 'lftp --passive host %p'],
  ['database shop: app.settings.jwt_secret', 'Hunter2', '…'],
  ['ssl_passphrase_command', 'echo Hunter2', '…'],
  ['password_encryption', 'scram-sha-256', 'scram-sha-256'],
  ['ssl_key_file', 'server.key', 'server.key'],
  ['work_mem', '4096', '4096'],
  ['search_path', null, null],
])('setting %s = %s', (name, value, told) => expect(withoutSecrets(name, value)).toBe(told));
