/** A place in a file that is not JSON, with what is wrong there; it never repeats what stands there. */
export class JsonProblem extends Error {
  constructor(
    readonly line: number,
    readonly column: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a JSON file says, and where. */
export type JsonText = {
  value: unknown;
  /** The line of a value by its path, such as `servers[0].url`; of what is not there, the line of what it belongs to. */
  lineOf(path: string): number;
  /** Keys that stand twice in one object, by their paths: only the last one would count. */
  repeated: { path: string; line: number; first: number }[];
};

/** A path as people write it: `servers[1].applications[0].poolMax`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => below(text, typeof part === 'number' ? part : String(part)), '');
}

function below(path: string, part: string | number): string {
  if (typeof part === 'number') return `${path}[${part}]`;
  return path === '' ? part : `${path}.${part}`;
}

/** Reads JSON (also behind a byte order mark) with the places of its parts; throws `JsonProblem`. */
export function readJsonText(file: string): JsonText {
  const text = file.replace(/^\uFEFF/, '');
  const scan = new Scan(text);
  scan.all();
  return {
    value: JSON.parse(text),
    lineOf(path) {
      for (let at = path; ; at = at.replace(/(\.[^.[\]]*|\[\d+\]|^[^.[\]]+)$/, '')) {
        const offset = scan.places.get(at);
        if (offset !== undefined) return scan.lineAt(offset);
        if (at === '') return 1;
      }
    },
    repeated: scan.repeated.map(({ path, at, first }) => ({
      path,
      line: scan.lineAt(at),
      first: scan.lineAt(first),
    })),
  };
}

const mostDeep = 100;
const escapes = 'A backslash is followed by one of " \\ / b f n r t, or by u and four digits.';

/** Goes through JSON once: node's own messages tell no line, and repeat parts of the file. */
class Scan {
  readonly places = new Map<string, number>();
  readonly repeated: { path: string; at: number; first: number }[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  lineAt(offset: number): number {
    return this.#text.slice(0, offset).split('\n').length;
  }

  all(): void {
    this.#space();
    if (this.#at === this.#text.length) this.#fail('The file is empty.');
    this.#value('', 0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail('Nothing may follow where the first value has ended.');
  }

  #value(path: string, depth: number): void {
    this.#space();
    this.places.set(path, this.#at);
    if (depth > mostDeep) this.#fail(`Lists and objects stand in one another more than ${mostDeep} times.`);
    const first = this.#text[this.#at];
    if (first === '{') this.#object(path, depth);
    else if (first === '[') this.#list(path, depth);
    else if (first === '"') this.#string();
    else if (!this.#takes(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y)) this.#noValue(first);
  }

  #object(path: string, depth: number): void {
    const opened = this.#at++;
    const seen = new Map<string, number>();
    for (let first = true; !this.#ends('}', opened, first); first = false) {
      if (!first) this.#comma(opened);
      const at = this.#at;
      if (this.#text[at] !== '"') this.#noKey();
      const key = this.#string();
      const inner = below(path, key);
      const before = seen.get(key);
      if (before !== undefined) this.repeated.push({ path: inner, at, first: before });
      seen.set(key, at);
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('A colon is missing between a key and its value.');
      this.#at++;
      this.#value(inner, depth + 1);
    }
  }

  #list(path: string, depth: number): void {
    const opened = this.#at++;
    for (let index = 0; !this.#ends(']', opened, index === 0); index++) {
      if (index > 0) this.#comma(opened);
      this.#value(below(path, index), depth + 1);
    }
  }

  /** Whether a list or object ends here. */
  #ends(end: string, opened: number, empty: boolean): boolean {
    this.#space();
    if (this.#at === this.#text.length) this.#open(opened);
    if (this.#text[this.#at] === end) {
      this.#at++;
      return true;
    }
    if (!empty && this.#text[this.#at] !== ',') this.#comment('A comma is missing before this.');
    return false;
  }

  #comma(opened: number): void {
    const at = this.#at++;
    this.#space();
    if (this.#at === this.#text.length) this.#open(opened);
    if (!/[}\]]/.test(this.#text[this.#at] ?? '')) return;
    this.#at = at;
    this.#fail('A comma too many: nothing follows it.');
  }

  #string(): string {
    const from = this.#at++;
    for (;;) {
      this.#takes(/[^"\\\p{Cc}]+|[\u007f-\u009f]+/uy);
      const next = this.#text[this.#at];
      if (next === '"') break;
      if (next === '\\') {
        if (!this.#takes(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y)) this.#fail(escapes);
      } else if (next === undefined || next === '\n' || next === '\r') {
        this.#at = from;
        this.#fail('The text that begins here does not end on its line: a " is missing.');
      } else if (next < ' ') this.#fail('A text cannot hold a tab or another control character as it is.');
    }
    this.#at++;
    return JSON.parse(this.#text.slice(from, this.#at));
  }

  #takes(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found !== undefined;
  }

  #space(): void {
    this.#takes(/[ \t\n\r]+/y);
  }

  #noValue(first: string | undefined): never {
    if (first === "'") this.#fail('Text stands between double quotes, not single ones.');
    this.#comment(
      first === undefined
        ? 'The file ends where a value should be.'
        : 'A value should be here: text between double quotes, a number, true, false, null, a list or an object.',
    );
  }

  #noKey(): never {
    this.#comment('A key should be here, between double quotes.');
  }

  #comment(otherwise: string): never {
    const comment = /^(\/[/*]|#)/.test(this.#text.slice(this.#at, this.#at + 2));
    this.#fail(comment ? 'JSON has no comments: take this out.' : otherwise);
  }

  #open(opened: number): never {
    const what = this.#text[opened];
    this.#fail(`The file ends here, and the ${what} of line ${this.lineAt(opened)} is not closed.`);
  }

  #fail(message: string): never {
    const line = this.lineAt(this.#at);
    throw new JsonProblem(line, this.#at - this.#text.lastIndexOf('\n', this.#at - 1), message);
  }
}
