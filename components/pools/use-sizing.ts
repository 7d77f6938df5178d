import { createParser, parseAsInteger, useQueryStates } from 'nuqs';
import { parseWeights, printWeights } from './sizing';

const parseAsWeights = createParser<Record<string, number>>({
  parse: parseWeights,
  serialize: printWeights,
  eq: (a, b) => printWeights(a) === printWeights(b),
});

const inputs = {
  cores: parseAsInteger,
  spindles: parseAsInteger,
  weights: parseAsWeights,
};

/** What the reader put into the sizing rule, as the URL holds it (`?cores=16&spindles=1&weights=shop-web:3`); null: nothing. */
export function useSizing() {
  const [{ cores, spindles, weights }, set] = useQueryStates(inputs, { throttleMs: 300 });
  return {
    cores: inRange(cores, 1),
    spindles: inRange(spindles, 0),
    weights: weights ?? {},
    setCores: (value: number | null) => void set({ cores: value }),
    setSpindles: (value: number | null) => void set({ spindles: value }),
    setWeight: (name: string, value: number | null) => {
      const { [name]: _before, ...others } = weights ?? {};
      const next = value === null || value === 1 ? others : { ...others, [name]: value };
      void set({ weights: Object.keys(next).length > 0 ? next : null });
    },
    edited: cores !== null || spindles !== null || weights !== null,
    reset: () => void set(null),
  };
}

const inRange = (value: number | null, from: number) =>
  value !== null && value >= from && value <= 4096 ? value : null;
