'use client';

import { type ReactNode, useState } from 'react';
import { SqlBlock } from '@/components/ui/sql';
import { basePath } from '@/lib/client/base-path';
import { useSession } from '@/lib/client/session';
import { curlOf, pathWith, presetsOf, type Values } from './command';
import type { Answer, Operation, Parameter } from './document';
import { limitWords, placeholderOf, type Schemas } from './schema';
import { ShapeTree } from './shape-tree';
import { TryForm } from './try-form';
import { Words } from './words';

const roles: Record<string, string> = {
  open: 'Nobody has to be recognised.',
  viewer: 'Needs the role viewer.',
  operator: 'Needs the role operator.',
  admin: 'Needs the role admin.',
};

/** Everything about one route: what it takes, a command line, what it answers and how it fails. */
export function OperationDetail({
  operation,
  schemas,
  server,
}: {
  operation: Operation;
  schemas: Schemas;
  server: string;
}) {
  const [values, setValues] = useState<Values>(() => presetsOf(operation, server));
  const { id, title, summary, role, method, parameters, body, answers, failures } = operation;
  const mode = useSession()?.user.mode;
  const token = mode !== undefined && mode !== 'local' && mode !== 'anonymous';
  const address = location.origin + basePath;
  return (
    <section className="api-detail" id={`operation-${id}`} aria-label={title}>
      <p>
        <Words text={summary} /> <span className="soft">{roles[role]}</span>
      </p>
      {parameters.length > 0 && (
        <Part title="Parameters">
          <ul className="api-parameters">
            {parameters.map((parameter) => (
              <ParameterLine
                key={`${parameter.in} ${parameter.name}`}
                id={`${id}-${parameter.name}`}
                parameter={parameter}
                value={values[parameter.name] ?? ''}
                onChange={(value) => setValues({ ...values, [parameter.name]: value })}
              />
            ))}
          </ul>
        </Part>
      )}
      {body && (
        <Part title="Body">
          <ShapeTree schema={body} schemas={schemas} label="Body" />
        </Part>
      )}
      <Part title="From a shell">
        <SqlBlock sql={curlOf(operation, values, { address, token, schemas })} label="command line" />
        {token && role !== 'open' && (
          <p className="soft">
            PGDECK_TOKEN is a token for programs: <code>pgdeck token create NAME --role {role}</code> makes one.
          </p>
        )}
      </Part>
      {method === 'GET' && !operation.path.startsWith('/api/oidc/') && (
        <Part title="Here">
          <TryForm path={pathWith(operation, values)} title={title} />
        </Part>
      )}
      <Part title="Answers">
        {answers.map((answer) => (
          <AnswerPart key={answer.status} answer={answer} schemas={schemas} />
        ))}
      </Part>
      <Part title="Failures">
        <dl className="api-failures">
          {failures.map(({ status, what }) => (
            <div key={status}>
              <dt>{status}</dt>
              <dd>
                <Words text={what} />
              </dd>
            </div>
          ))}
        </dl>
      </Part>
    </section>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="api-part">
      <h3>{title}</h3>
      <div>{children}</div>
    </div>
  );
}

function AnswerPart({ answer: { status, what, schema, media }, schemas }: { answer: Answer; schemas: Schemas }) {
  return (
    <div className="api-answer">
      <p>
        <b>{status}</b> <Words text={what} />
        {media.length > 0 && <span className="soft">{` ${schema ? 'Also' : 'As'} ${media.join(', ')}.`}</span>}
      </p>
      {schema && <ShapeTree schema={schema} schemas={schemas} label={`Answer ${status}`} />}
    </div>
  );
}

function ParameterLine({
  id,
  parameter: { name, required, description, schema },
  value,
  onChange,
}: {
  id: string;
  parameter: Parameter;
  value: string;
  onChange: (value: string) => void;
}) {
  const limits = limitWords(schema);
  return (
    <li>
      <label htmlFor={id}>
        <code>{name}</code>
        {!required && <span className="muted"> may be missing</span>}
      </label>
      {schema.enum ? (
        <select id={id} className="text-input" value={value} onChange={(event) => onChange(event.target.value)}>
          {!required && <option value="">–</option>}
          {schema.enum.map(String).map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          className="text-input"
          value={value}
          placeholder={placeholderOf(schema)}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      <span className="soft">
        {description && <Words text={description} />}
        {limits && <span className="muted">{` (${limits})`}</span>}
      </span>
    </li>
  );
}
