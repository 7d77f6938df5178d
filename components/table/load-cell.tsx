/** One piece of a bar; `color` is a CSS colour such as `var(--wait-lock)`. */
export type Piece = { label: string; value: number; color: string };

/** A bar on a scale that all rows share, and its number; the pieces sum to the value. */
export function LoadCell({
  pieces,
  most,
  text = (value) => String(Number(value.toPrecision(3))),
  room,
  children,
}: {
  pieces: Piece[];
  most: number;
  /** How a piece is said. */
  text?: (value: number) => string;
  /** Width kept for the number in px, the same in each row, or bars would not share their scale. */
  room?: number;
  children: React.ReactNode;
}) {
  const sum = pieces.reduce((total, piece) => total + piece.value, 0);
  const label = pieces
    .filter((piece) => piece.value > 0)
    .map((piece) => `${piece.label} ${text(piece.value)}`)
    .join(', ');
  return (
    <div className="load-cell" style={{ '--load-room': room && `${room}px` } as React.CSSProperties}>
      <span
        className="load-bar"
        {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
        style={{ width: `${most > 0 ? (sum / most) * 100 : 0}%` }}
      >
        {pieces
          .filter((piece) => piece.value > 0)
          .map((piece) => (
            <i
              key={piece.label}
              style={{ '--series': piece.color, flexGrow: (piece.value / sum) * 100 } as React.CSSProperties}
            />
          ))}
      </span>
      <span className="number">
        <b>{children}</b>
      </span>
    </div>
  );
}
