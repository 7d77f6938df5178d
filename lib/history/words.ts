import type { WordId, WordKind } from './stored-row';

type Run = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** What is longer is cut: a word is a name. */
const mostLength = 200;
/** Words of one kind that this process tells apart; names that are made anew for each connection would never end. */
const mostWords = 20_000;
/** What stands for all words above that. */
export const otherWord = '(other)';
const atOnce = 500;

const text = (word: string) => word.slice(0, mostLength);

/** The numbers of words in the store, known ones from memory. */
export class Words {
  #ids = new Map<WordKind, Map<string, number>>();

  /** Learns the numbers of words, new ones are added to the store; any number of processes may do it at once. */
  async learn(run: Run, words: Iterable<readonly [WordKind, string]>): Promise<void> {
    const missing = new Map<string, readonly [WordKind, string]>();
    for (const [kind, word] of words) {
      const known = this.#of(kind);
      const own = known.size >= mostWords && !known.has(text(word)) ? otherWord : text(word);
      if (!known.has(own)) missing.set(`${kind} ${own}`, [kind, own]);
    }
    const list = [...missing.values()];
    for (let from = 0; from < list.length; from += atOnce) await this.#learn(run, list.slice(from, from + atOnce));
  }

  /** The number of a word that was learned; 0 for none. */
  readonly id: WordId = (kind, word) => {
    if (word === null || word === undefined || word === '') return 0;
    const known = this.#of(kind);
    return known.get(text(word)) ?? known.get(otherWord) ?? 0;
  };

  /** Forgets everything: the store may be another one. */
  clear(): void {
    this.#ids.clear();
  }

  async #learn(run: Run, words: (readonly [WordKind, string])[]): Promise<void> {
    const values = [words.map(([kind]) => kind), words.map(([, word]) => word)];
    const select = () =>
      run<{ word_id: number; kind: WordKind; word: string }>(
        `select /* pgdeck:store */ w.word_id, w.kind, w.word
from unnest($1::text[], $2::text[]) as u(kind, word)
join pgdeck.word as w on w.kind = u.kind and w.word = u.word`,
        values,
      );
    const keep = (rows: { word_id: number; kind: WordKind; word: string }[]) => {
      for (const { word_id, kind, word } of rows) this.#of(kind).set(word, word_id);
    };
    keep(await select());
    const fresh = words.filter(([kind, word]) => !this.#of(kind).has(word));
    if (fresh.length === 0) return;
    // Only what is not there is inserted: each attempt takes a number, also where it then does nothing.
    for (const [kind, word] of fresh)
      await run(
        'insert /* pgdeck:store */ into pgdeck.word (kind, word) values ($1, $2) on conflict (kind, word) do nothing',
        [kind, word],
      );
    keep(await select());
  }

  #of(kind: WordKind): Map<string, number> {
    let known = this.#ids.get(kind);
    if (!known) {
      known = new Map();
      this.#ids.set(kind, known);
    }
    return known;
  }
}
