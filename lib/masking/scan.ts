import { loadModule, type ScanToken, scanSync } from 'libpg-query';

let loaded = false;
let loading: Promise<void> | undefined;

/** Loads PostgreSQL's own scanner; until then every statement is masked down to its first word. */
export function loadMask(): Promise<void> {
  loading ??= loadModule().then(() => {
    loaded = true;
  });
  return loading;
}

/** Whether PostgreSQL's scanner is there. */
export function isLoaded(): boolean {
  return loaded;
}

/** A token of a statement with the white space before it. */
export type Piece = { space: string; token: string };

/** Strings of every kind and numbers. */
export const literal = /^(?:'|[ebxn]'|u&'|\$(?!\d)|\.?\d)/i;
/** Strings of every kind. */
export const string = /^(?:'|[ebxn]'|u&'|\$(?!\d))/i;
export const comment = /^(?:--|\/\*)/;
/** In a server with standard_conforming_strings off, such a string goes on behind this quote. */
const ambiguous = /^(?:'|u&').*\\'/is;

/** The tokens of a text; undefined where it cannot be scanned. */
export function scan(text: string): ScanToken[] | undefined {
  try {
    return scanSync(text).tokens;
  } catch {
    return undefined;
  }
}

/** The text of each token; undefined where it is not sure what is a literal. */
export function piecesOf(text: string, tokens: ScanToken[]): Piece[] | undefined {
  const bytes = Buffer.from(text);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { start, end } of tokens) {
    const space = bytes.toString('utf8', at, start);
    const token = bytes.toString('utf8', start, end);
    if (start < at || space.trim() !== '' || token === '' || ambiguous.test(token)) return undefined;
    pieces.push({ space, token });
    at = end;
  }
  return bytes.toString('utf8', at).trim() === '' ? pieces : undefined;
}

/** Follows `set name = value` and `alter … set name to value`, where a value needs no quotes. */
export class SettingValue {
  #command = '';
  #state: 'before' | 'name' | 'value' | 'after' = 'before';
  #name = '';

  /** What the value that was met last is of. */
  get name(): string {
    return this.#name;
  }

  /** Takes the next token; true where it is a value. */
  next(token: string): boolean {
    const word = token.toLowerCase();
    if (comment.test(token)) return false;
    if (word === ';') {
      this.#command = '';
      this.#state = 'before';
      return false;
    }
    this.#command ||= word;
    if (!['set', 'alter', 'create'].includes(this.#command)) return false;
    if (this.#state === 'value') {
      if (/^[-+]$/.test(token)) return false;
      this.#state = 'after';
      return !['default', 'on', 'off'].includes(word);
    }
    if (this.#state === 'after') this.#state = word === ',' ? 'value' : 'before';
    else if (word === 'set') {
      this.#state = 'name';
      this.#name = '';
    } else if (this.#state === 'name' && (word === '=' || word === 'to')) this.#state = 'value';
    else if (this.#state === 'name' && !/^[\w".]/.test(token)) this.#state = 'before';
    else if (this.#state === 'name') this.#name += word;
    return false;
  }
}

/** Follows `create role … password x`: what stands behind that word is a password, also where its quotes are missing. */
export class RolePassword {
  #words: string[] = [];
  #last = '';

  /** Takes the next token; true where it is a password. */
  next(token: string): boolean {
    if (comment.test(token)) return false;
    const word = token.toLowerCase();
    const before = this.#last;
    this.#last = word;
    if (word === ';') {
      this.#words = [];
      return false;
    }
    if (this.#words.length < 2) this.#words.push(word);
    if (before !== 'password' || !this.aboutRole) return false;
    return word !== 'null' && !/^\$\d/.test(word);
  }

  /** Whether the statement is one that can give a role its password. */
  get aboutRole(): boolean {
    return (
      ['create', 'alter'].includes(this.#words[0] ?? '') && ['role', 'user', 'group'].includes(this.#words[1] ?? '')
    );
  }
}
