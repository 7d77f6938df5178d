import { loadModule, type ScanToken, scanSync } from 'libpg-query';

/** What stands where a literal stood. */
const placeholder = '?';
/** Texts that are remembered: so many, of at most so many characters. */
const remembered = { texts: 2000, length: 4000 };
/** What is longer is cut first: it is scanned on the event loop. */
const mostCharacters = 20_000;

/** Only these words may be shown of a text that PostgreSQL's scanner does not take: anything else may be a value. */
const commands = new Set(
  `select insert update delete merge with values table create alter drop truncate begin start commit rollback savepoint
  release prepare execute deallocate declare fetch move close copy vacuum analyze cluster reindex refresh explain grant
  revoke set reset show lock listen notify unlisten do call checkpoint comment discard import load reassign security
  abort end`.split(/\s+/),
);

const masked = new Map<string, string>();
let loaded = false;
let loading: Promise<void> | undefined;

/** Loads PostgreSQL's own scanner; until then every statement is masked down to its first word. */
export function loadMask(): Promise<void> {
  loading ??= loadModule().then(() => {
    loaded = true;
  });
  return loading;
}

/**
 * A statement's text without its values: each literal is `?` and comments are gone. A text that was cut inside a literal
 * is masked to its end; one that cannot be scanned is its first word and `…`. No part of a literal is ever left.
 */
export function maskStatement(text: string): string {
  if (!loaded) return shape(text);
  const known = masked.get(text);
  if (known !== undefined) {
    // What is used again moves to the end: the oldest goes first.
    masked.delete(text);
    masked.set(text, known);
    return known;
  }
  const result = mask(text.slice(0, mostCharacters));
  if (text.length <= remembered.length) masked.set(text, result);
  if (masked.size > remembered.texts) masked.delete(masked.keys().next().value as string);
  return result;
}

function shape(text: string): string {
  const word = /^[\s(]*([a-z]+)(?![\w$])/i.exec(text)?.[1]?.toLowerCase();
  return word !== undefined && commands.has(word) ? `${word} …` : '…';
}

function mask(text: string): string {
  if (text.trim() === '') return text;
  const whole = scan(text);
  if (whole) return rewrite(text, whole) ?? shape(text);
  const bytes = Buffer.byteLength(text);
  for (const end of endings(text)) {
    const tokens = scan(text + end);
    // The end must belong to what was cut; together with the text before it, it might have become something else.
    const last = tokens?.at(-1);
    if (!tokens || !last || last.start >= bytes || last.end !== Buffer.byteLength(text + end)) continue;
    const rewritten = rewrite(text + end, tokens);
    return rewritten === undefined ? shape(text) : `${rewritten}…`;
  }
  return shape(text);
}

function scan(text: string): ScanToken[] | undefined {
  try {
    return scanSync(text).tokens;
  } catch {
    return undefined;
  }
}

/** What would end a text that was cut in a string, an identifier, a comment or a dollar quote: only the right one can be scanned. */
function endings(text: string): string[] {
  const tags = new Set(text.match(/\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/g) ?? []);
  // On a line of its own it is not taken together with a backslash or half a tag at the cut; comments may hold comments.
  const lines = ["'", '*/', '*/*/', '*/*/*/', ...[...tags].slice(0, 20)];
  return ['"', ...lines.map((line) => `\n${line}`)];
}

const literal = /^(?:'|[ebxn]'|u&'|\$(?!\d)|\.?\d)/i;
const comment = /^(?:--|\/\*)/;
/** In a server with standard_conforming_strings off, such a string goes on behind this quote. */
const ambiguous = /^(?:'|u&').*\\'/is;

/** The text with its literals replaced; undefined where it is not sure what is one. */
function rewrite(text: string, tokens: ScanToken[]): string | undefined {
  const bytes = Buffer.from(text);
  let result = '';
  let at = 0;
  const setting = new SettingValue();
  for (const { start, end } of tokens) {
    const between = bytes.toString('utf8', at, start);
    const token = bytes.toString('utf8', start, end);
    if (start < at || between.trim() !== '' || token === '' || ambiguous.test(token)) return undefined;
    const hidden = literal.test(token) || setting.next(token);
    result += between + (comment.test(token) ? '' : hidden ? placeholder : token);
    at = end;
  }
  return bytes.toString('utf8', at).trim() === '' ? result.trim() : undefined;
}

/** Follows `set name = value` and `alter … set name to value`, where a value needs no quotes. */
class SettingValue {
  #command = '';
  #state: 'before' | 'name' | 'value' | 'after' = 'before';

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
    else if (word === 'set') this.#state = 'name';
    else if (this.#state === 'name' && (word === '=' || word === 'to')) this.#state = 'value';
    else if (this.#state === 'name' && !/^[\w".]/.test(token)) this.#state = 'before';
    return false;
  }
}
