import { expect, test } from 'vitest';
import { withoutPasswords } from './secrets';

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
