/** The part of a long table that is drawn, and how high what is left out is. */
export type Seen = {
  /** Where the rows stand that are drawn. */
  indexes: number[];
  before: number;
  after: number;
  measure?: (element: Element | null) => void;
};

/** How high a row is before it is measured. */
export const rowHeight = 28;

/** The beginning of a long table, drawn until what follows the scrolling is there. */
export function beginning(count: number): Seen {
  const drawn = Math.min(count, 50);
  return { indexes: [...Array(drawn).keys()], before: 0, after: (count - drawn) * rowHeight };
}
