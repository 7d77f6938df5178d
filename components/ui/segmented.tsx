'use client';

/** One of a few views, each with its count where it has one. */
export type Segment<Value extends string> = { value: Value; label: string; count?: number | undefined };

/** Chooses one of a few views of the same rows. */
export function Segmented<Value extends string>({
  label,
  segments,
  value,
  onChange,
}: {
  label: string;
  segments: Segment<Value>[];
  value: Value;
  onChange: (value: Value) => void;
}) {
  return (
    <div className="segmented-scroll">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as one control */}
      <div className="segmented" role="group" aria-label={label}>
        {segments.map((segment) => (
          <button
            key={segment.value}
            type="button"
            aria-pressed={segment.value === value}
            onClick={() => onChange(segment.value)}
          >
            {segment.label}
            {segment.count !== undefined && <b>{segment.count}</b>}
          </button>
        ))}
      </div>
    </div>
  );
}
