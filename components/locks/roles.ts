/**
 * The roles of a treegrid, said in so many words because its rows are laid out as grids: some browsers then forget that
 * they are rows and cells.
 */
export const as = {
  treegrid: { role: 'treegrid' },
  group: { role: 'rowgroup' },
  row: { role: 'row' },
  rowHeader: { role: 'rowheader' },
  columnHeader: { role: 'columnheader' },
  cell: { role: 'gridcell' },
} as const;
