/** Settings whose whole value is a secret; `password_encryption` and the like only look so. */
const secretName = /secret|passw(?:or)?d|passphrase|token|credential|api_?key|private|jwt|_key$/i;
const harmlessName = /^(?:password_encryption|ssl_passphrase_command_supports_reload|.*_file)$/;
/** A secret inside a value: in a connection string, an address or a command. */
const secretWord =
  /((?:[\w-]*(?:passw(?:or)?d|passphrase|secret|token|(?:api|access)_?key)[\w-]*|(?<![\w-])--?(?:pass|pwd)(?![\w-]))\s*(?:[=:]\s*|\s))("[^"]*"|'[^']*'|[^\s'",;]+)/gi;
const inAddress = /(:\/\/[^\s:/@]*:)[^\s@]+(?=@)/g;

/** The value of a setting without the secrets in it. */
export function withoutSecrets(name: string, value: string | null): string | null {
  if (!value) return value;
  const setting = name.slice(name.lastIndexOf(' ') + 1);
  if (harmlessName.test(setting)) return value;
  if (secretName.test(setting)) return '…';
  return value.replace(secretWord, '$1…').replace(inAddress, '$1…');
}
