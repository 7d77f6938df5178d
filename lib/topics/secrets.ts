/** Literals after the word password, to the end where the text was cut inside one; also `password=…` in connection strings. */
const literal =
  /(\bpassword\s*(?:=\s*)?)(?:\be)?(?:'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|\$([a-z_]*)\$[\s\S]*?(?:\$\2\$|$))/gi;
const keyword = /(\bpassword\s*=\s*)(?!['"$\s])[^\s'";,)]+/gi;

/** A statement's text without the passwords that it sets: PostgreSQL shows them to whoever may see the statement. */
export function withoutPasswords(text: string): string {
  if (!/password/i.test(text)) return text;
  return text.replace(literal, "$1'…'").replace(keyword, '$1…');
}
