'use client';

import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { type Field, fieldsOf, limitWords, type Schema, type Schemas, typeWords } from './schema';
import { Words } from './words';

/** A shape as a tree: what is inside of a field opens when it is asked for. */
export function ShapeTree({ schema, schemas, label }: { schema: Schema; schemas: Schemas; label: string }) {
  const fields = fieldsOf(schema, schemas);
  return (
    <div className="shape">
      <p className="shape-whole">
        <code>{typeWords(schema)}</code>
      </p>
      {fields.length > 0 && <Fields fields={fields} schemas={schemas} label={label} />}
    </div>
  );
}

function Fields({ fields, schemas, label }: { fields: Field[]; schemas: Schemas; label: string }) {
  return (
    <ul className="shape-fields" aria-label={label}>
      {fields.map((field) => (
        <FieldLine key={`${field.name} ${field.type}`} field={field} schemas={schemas} />
      ))}
    </ul>
  );
}

function FieldLine({ field, schemas }: { field: Field; schemas: Schemas }) {
  const [open, setOpen] = useState(false);
  const inside = fieldsOf(field.schema, schemas);
  if (inside.length === 0)
    return (
      <li>
        <Told field={field} />
      </li>
    );
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <ChevronRight className="icon icon-small fold" aria-hidden />
          <Told field={field} />
        </summary>
        {open && <Fields fields={inside} schemas={schemas} label={field.name} />}
      </details>
    </li>
  );
}

function Told({ field: { name, type, optional, meaning, unit, schema } }: { field: Field }) {
  const limits = limitWords(schema);
  return (
    <span className="shape-line">
      <code className="shape-name">{name}</code>
      <span className="shape-type">
        {name !== type && type}
        {unit && `, ${unit}`}
        {optional && <span className="muted"> · may be missing</span>}
      </span>
      {(meaning || limits) && (
        <span className="shape-meaning">
          {meaning && <Words text={meaning} />}
          {limits && <span className="muted">{meaning ? ` (${limits})` : limits}</span>}
        </span>
      )}
    </span>
  );
}
