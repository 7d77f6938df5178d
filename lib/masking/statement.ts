import type { ScanToken } from 'libpg-query';
import { comment, isLoaded, literal, loadMask, piecesOf, RolePassword, SettingValue, scan } from './scan';

export { loadMask };

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

/**
 * A statement's text without its values: each literal is `?` and comments are gone. A text that was cut inside a literal
 * is masked to its end; one that cannot be scanned is its first word and `…`. No part of a literal is ever left.
 */
export function maskStatement(text: string): string {
  if (!isLoaded()) return shape(text);
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

/** What would end a text that was cut in a string, an identifier, a comment or a dollar quote: only the right one can be scanned. */
function endings(text: string): string[] {
  const tags = new Set(text.match(/\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/g) ?? []);
  // On a line of its own it is not taken together with a backslash or half a tag at the cut; comments may hold comments.
  const lines = ["'", '*/', '*/*/', '*/*/*/', ...[...tags].slice(0, 20)];
  return ['"', ...lines.map((line) => `\n${line}`)];
}

/** The text with its literals replaced; undefined where it is not sure what is one. */
function rewrite(text: string, tokens: ScanToken[]): string | undefined {
  const setting = new SettingValue();
  const password = new RolePassword();
  const told = piecesOf(text, tokens)?.map(({ space, token }) => {
    const value = [setting.next(token), password.next(token), literal.test(token)].includes(true);
    return space + (comment.test(token) ? '' : value ? placeholder : token);
  });
  return told?.join('').trim();
}
