import { useEffect, useId, useState } from 'react';

/** A whole or decimal number that is taken as it is typed; empty is null, and what is no such number is said and not taken. */
export function NumberField({
  label,
  value,
  from,
  to,
  whole,
  hidden,
  onChange,
}: {
  label: string;
  value: number | null;
  from: number;
  to: number;
  whole?: boolean;
  /** The label is for screen readers only: the column has one. */
  hidden?: boolean;
  onChange: (value: number | null) => void;
}) {
  const [text, setText] = useState(value === null ? '' : String(value));
  const id = useId();
  const number = Number(text);
  const wrong = text.trim() !== '' && !(number >= from && number <= to && (!whole || Number.isInteger(number)));
  // Another value came by the address: back and forward.
  useEffect(() => {
    setText((typed) => ((typed.trim() === '' ? null : Number(typed)) === value ? typed : (value?.toString() ?? '')));
  }, [value]);
  return (
    <span className="number-field">
      <label htmlFor={id} className={hidden ? 'visually-hidden' : undefined}>
        {label}
      </label>
      <input
        id={id}
        className="text-input"
        inputMode={whole ? 'numeric' : 'decimal'}
        autoComplete="off"
        value={text}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          const typed = Number(next);
          if (next.trim() === '') onChange(null);
          else if (typed >= from && typed <= to && (!whole || Number.isInteger(typed))) onChange(typed);
        }}
      />
      {wrong && (
        <small id={`${id}-wrong`} className="text-critical">
          {whole ? 'A whole number' : 'A number'} from {from} to {to}.
        </small>
      )}
    </span>
  );
}
