/** A piece of a bar; without a colour it is empty, `hatched` is not to be had. */
export type TrackPiece = { label: string; value: number; color?: string; quiet?: boolean; hatched?: boolean };

/** A line across the bar with its meaning. */
export type TrackMark = { at: number; label: string };

/** One wide bar of pieces that sum to `whole`, with marks across it and each piece's figure below. */
export function TrackBar({
  label,
  pieces,
  whole,
  marks = [],
  text,
}: {
  /** The bar in words, for who does not see it. */
  label: string;
  pieces: TrackPiece[];
  whole: number;
  marks?: TrackMark[];
  text: (value: number) => string;
}) {
  const place = (value: number) => `${Math.min(100, whole > 0 ? (value / whole) * 100 : 0)}%`;
  return (
    <div className="track">
      <div className="track-marks" aria-hidden>
        {marks.map((mark) => (
          <span
            key={mark.label}
            data-late={mark.at > whole / 2 || undefined}
            style={{ '--at': place(mark.at) } as Style}
          >
            {mark.label}
          </span>
        ))}
      </div>
      <div className="track-bar" role="img" aria-label={label}>
        {pieces
          .filter(({ value }) => value > 0)
          .map(({ label: name, value, color, hatched }) => (
            <i
              key={name}
              data-hatched={hatched || undefined}
              style={{ width: place(value), ...(color && { '--series': color }) } as Style}
            />
          ))}
        {marks.map((mark) => (
          <b key={mark.label} style={{ '--at': place(mark.at) } as Style} />
        ))}
      </div>
      <ul className="track-legend">
        {pieces.map(({ label: name, value, color, hatched }) => (
          <li key={name} data-zero={value === 0 || undefined}>
            <span
              className="swatch"
              data-hatched={hatched || undefined}
              data-empty={!color || undefined}
              style={{ ...(color && { '--series': color }) } as Style}
            />
            {name} <b>{text(value)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

type Style = React.CSSProperties;
