/** A piece of a statement and what it is. */
export type Token = { kind: 'keyword' | 'string' | 'number' | 'comment' | 'text'; text: string };

const keywords = new Set(
  `add all alter analyze and any as asc begin between by cascade case cast check cluster column commit concurrently
   constraint create cross current database default delete desc distinct do drop else end except exists explain extension
   false fetch filter for foreign from full function grant group having if ilike in index inner insert intersect into is
   join key lateral left like limit lock materialized natural not null nulls of offset on only or order outer over owner
   partition password primary recursive references refresh reindex rename reset returning revoke right role rollback schema
   select sequence set show table temporary then to transaction trigger true truncate union unique update user using vacuum
   values verbose view when where window with`.split(/\s+/),
);

// Comments, dollar-quoted and quoted strings, quoted names, numbers, words; anything else is text.
const pattern =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(\$([a-z_]\w*)?\$[\s\S]*?(?:\$\3\$|$)|e?'(?:[^']|'')*(?:'|$))|("(?:[^"]|"")*(?:"|$))|((?<![\w$])\d+(?:\.\d+)?(?:e[+-]?\d+)?)|([a-z_][\w$]*)/gi;

/** Splits a statement into pieces for colouring; joined again they are the statement. Not a parser: it never fails. */
export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  let end = 0;
  const add = (kind: Token['kind'], text: string) => {
    const last = found.at(-1);
    if (kind === 'text' && last?.kind === 'text') last.text += text;
    else if (text) found.push({ kind, text });
  };
  for (const match of sql.matchAll(pattern)) {
    add('text', sql.slice(end, match.index));
    const [text, comment, string, , , number, word] = match;
    if (comment) add('comment', text);
    else if (string) add('string', text);
    else if (number) add('number', text);
    else if (word && keywords.has(word.toLowerCase())) add('keyword', text);
    else add('text', text);
    end = match.index + text.length;
  }
  add('text', sql.slice(end));
  return found;
}

// Characters that turn or hide text: shown as their code, so that nobody runs what he did not read.
const unseen = /(?![\t\n\r])[\p{Cc}\p{Cf}]/gu;

/** Text from a server with its control and direction characters made visible. */
export function visible(text: string): string {
  return text.replace(
    unseen,
    (character) => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}
