/** Which rows a partition takes, as they are typed: a value a line, MINVALUE, MAXVALUE and NULL as such. */
export type BoundDraft = {
  by: '' | 'range' | 'list' | 'hash' | 'default';
  from?: string;
  to?: string;
  values?: string;
  modulus?: string;
  remainder?: string;
};

const linesOf = (text: string | undefined) => (text ?? '').split('\n').filter((line) => line.trim() !== '');

const endOf = (line: string) => {
  const word = line.trim().toLowerCase();
  return word === 'minvalue' || word === 'maxvalue' ? { edge: word } : line;
};

/** The bound to send; undefined: none was chosen. */
export function boundOf(draft: BoundDraft): unknown {
  switch (draft.by) {
    case 'range':
      return { by: 'range', from: linesOf(draft.from).map(endOf), to: linesOf(draft.to).map(endOf) };
    case 'list':
      return {
        by: 'list',
        values: linesOf(draft.values).map((line) => (line.trim().toUpperCase() === 'NULL' ? null : line)),
      };
    case 'hash':
      return { by: 'hash', modulus: Number(draft.modulus), remainder: Number(draft.remainder) };
    case 'default':
      return { by: 'default' };
    default:
      return undefined;
  }
}

/** What is wrong with a bound as it stands, in words. */
export function wrongBound(draft: BoundDraft): string | undefined {
  const whole = (text: string | undefined) => /^\d+$/.test(text?.trim() ?? '');
  switch (draft.by) {
    case 'range': {
      const [from, to] = [linesOf(draft.from).length, linesOf(draft.to).length];
      if (from === 0 || to === 0) return 'A range has a value to begin with and one to end before.';
      return from === to ? undefined : 'Both ends have a value for each key column.';
    }
    case 'list':
      return linesOf(draft.values).length === 0 ? 'A list has at least one value.' : undefined;
    case 'hash':
      return whole(draft.modulus) && whole(draft.remainder) ? undefined : 'Modulus and remainder are whole numbers.';
    default:
      return undefined;
  }
}
