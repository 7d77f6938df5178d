import { comment, isLoaded, literal, type Piece, piecesOf, RolePassword, SettingValue, scan, string } from './scan';
import { maskStatement } from './statement';

/** What stands where a secret stood. */
const struck = "'…'";
const remembered = { texts: 1000, length: 4000 };
/** What is longer is not looked at token by token. */
const mostCharacters = 20_000;

/** A text without any of these sets no password that could be told from other values. */
const suspicious =
  /passw|passphrase|pwd|secret|token|credential|_key|apikey|jwt|crypt|digest|hmac|dblink|mapping|subscription|authorization|:\/\/[^\s/@]*:[^\s@]*@/i;
/** Names of what is a secret. */
const secretName = /passw(?:or)?d(?!_encryption)|passphrase|\bpwd\b|secret|credential|(?:api|access|private)_?key|jwt/i;
/** A secret inside a string or a comment: beside its name, in an address, or where a statement is put together. */
const secretInside =
  /(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|(?:api|access|private)_?key)[\w"'\\]*\s*(?:[:=%$'"]|e'|u&'|to\b|\|\|)|:\/\/[^\s/@]*:[^\s@]*@/i;
/** Functions that are given a password, a key or the address of a server. */
const secretFunction = /^"?(?:dblink\w*|crypt|(?:en|de)crypt(?:_iv)?|pgp_\w+|hmac|digest)"?$/i;
/** What may stand between the name of a secret and its value. */
const between = new Set(['=', ':=', '=>', '<>', '!=', 'to', '(', ',', 'is', 'not', 'distinct', 'from', 'in', 'like']);

const known = new Map<string, string>();

/**
 * A statement's text without the passwords that it sets, sends or compares with: nobody is told those, whatever else they may
 * see. Where PostgreSQL's scanner cannot tell what is one, all values are masked.
 */
export function withoutPasswords(text: string): string {
  if (!suspicious.test(text)) return text;
  if (!isLoaded() || text.length > mostCharacters) return maskStatement(text);
  const before = known.get(text);
  if (before !== undefined) return before;
  const tokens = scan(text);
  const pieces = tokens && piecesOf(text, tokens);
  const told = pieces ? statementsOf(pieces).map(toldStatement).join('') : maskStatement(text);
  // The white space behind the last token belongs to none.
  const result = pieces ? told + (/\s*$/.exec(text)?.[0] ?? '') : told;
  if (text.length <= remembered.length) known.set(text, result);
  if (known.size > remembered.texts) known.delete(known.keys().next().value as string);
  return result;
}

function statementsOf(pieces: Piece[]): Piece[][] {
  const statements: Piece[][] = [[]];
  for (const piece of pieces) {
    statements.at(-1)?.push(piece);
    if (piece.token === ';') statements.push([]);
  }
  return statements;
}

function toldStatement(pieces: Piece[]): string {
  const tokens = pieces.map(({ token }) => token);
  const all = holdsSecrets(tokens.filter((token) => !comment.test(token)));
  const setting = new SettingValue();
  const password = new RolePassword();
  const value = new NamedValue();
  return pieces
    .map(({ space, token }, at) => {
      const ofSetting = setting.next(token) && secretName.test(setting.name);
      const ofRole = password.next(token);
      if (comment.test(token)) return space + (secretInside.test(token) ? commentStruck(token) : token);
      const named = value.next(token);
      // 'x' = password
      const compared =
        literal.test(token) && ['=', '<>', '!='].includes(tokens[at + 1] ?? '') && isSecretName(tokens[at + 2]);
      return space + (ofSetting || ofRole || named || compared || (all && string.test(token)) ? struck : token);
    })
    .join('');
}

const commentStruck = (token: string) => (token.startsWith('--') ? '-- …' : '/* … */');

/** Whether every string of a statement may be a secret. */
function holdsSecrets(tokens: string[]): boolean {
  const begins = tokens.slice(0, 4).join(' ').toLowerCase();
  if (/^(?:create|alter) (?:role|user|group|subscription|server|foreign)\b|\bsession authorization\b/.test(begins))
    return true;
  const inserts = /^insert\b/.test(begins);
  return tokens.some((token, at) => {
    if (string.test(token)) return secretInside.test(token);
    if (inserts && secretName.test(token)) return true;
    if (tokens[at + 1] !== '(') return false;
    return secretFunction.test(token) || (/^"?set_config"?$/i.test(token) && secretName.test(tokens[at + 2] ?? ''));
  });
}

const isSecretName = (token: string | undefined) =>
  token !== undefined && !literal.test(token) && !comment.test(token) && secretName.test(token);

/** Follows the name of a secret to the literals that it is set to or compared with: `password::text in ('…', '…')`. */
class NamedValue {
  #named = false;
  #cast = false;

  /** Takes the next token; true where it is a value of what was named before. */
  next(token: string): boolean {
    const value = literal.test(token);
    const type = this.#cast;
    this.#cast = token === '::';
    if (isSecretName(token)) this.#named = true;
    else if (!value && !type && !this.#cast && !comment.test(token) && !between.has(token.toLowerCase()))
      this.#named = false;
    return value && this.#named;
  }
}
