'use client';

import { type KeyboardEvent, useId, useMemo } from 'react';

/** When something runs by itself, and what it is called. */
export type Timing = { title: string; cron: string; timeZone: string };

const examples: [string, string][] = [
  ['0 3 * * *', 'each night at 03:00'],
  ['0 4 * * 0', 'Sundays at 04:00'],
  ['30 2 1 * *', 'the first of each month at 02:30'],
  ['0 */6 * * *', 'every six hours'],
];

/** Title, cron expression and time zone of a schedule. */
export function CronFields({
  timing,
  wrong,
  onChange,
  onSubmit,
}: {
  timing: Timing;
  wrong: (field: keyof Timing) => string | undefined;
  onChange: (timing: Timing) => void;
  onSubmit: () => void;
}) {
  const id = useId();
  const zones = useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')], []);
  const known = examples.find(([cron]) => cron === timing.cron.trim().replace(/\s+/g, ' '));
  const about = (field: keyof Timing) => ({
    'aria-describedby': `${id}-${field}-hint ${id}-${field}-wrong`,
    'aria-invalid': wrong(field) !== undefined || undefined,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      onSubmit();
    },
  });
  const said = (field: keyof Timing) =>
    wrong(field) && (
      <p id={`${id}-${field}-wrong`} className="act-wrong">
        {wrong(field)}
      </p>
    );
  return (
    <div className="schedule-form">
      <div className="act-field">
        <label htmlFor={`${id}-title`}>Title</label>
        <input
          id={`${id}-title`}
          className="text-input"
          dir="auto"
          autoComplete="off"
          maxLength={100}
          placeholder="Nightly vacuum of orders"
          {...about('title')}
          value={timing.title}
          onChange={(event) => onChange({ ...timing, title: event.target.value })}
        />
        {said('title')}
      </div>
      <div className="act-pair">
        <div className="act-field">
          <label htmlFor={`${id}-cron`}>When (cron)</label>
          <input
            id={`${id}-cron`}
            className="text-input mono"
            autoComplete="off"
            spellCheck={false}
            list={`${id}-examples`}
            {...about('cron')}
            value={timing.cron}
            onChange={(event) => onChange({ ...timing, cron: event.target.value })}
          />
          <datalist id={`${id}-examples`}>
            {examples.map(([cron, words]) => (
              <option key={cron} value={cron}>
                {words}
              </option>
            ))}
          </datalist>
          <p id={`${id}-cron-hint`} className="act-hint">
            {known ? `That is ${known[1]}.` : 'Minute, hour, day, month, weekday.'}
          </p>
          {said('cron')}
        </div>
        <div className="act-field">
          <label htmlFor={`${id}-timeZone`}>Time zone</label>
          <select
            id={`${id}-timeZone`}
            className="text-input"
            {...about('timeZone')}
            value={timing.timeZone}
            onChange={(event) => onChange({ ...timing, timeZone: event.target.value })}
          >
            {!zones.includes(timing.timeZone) && <option value={timing.timeZone}>{timing.timeZone}</option>}
            {zones.map((zone) => (
              <option key={zone} value={zone}>
                {zone}
              </option>
            ))}
          </select>
          {said('timeZone')}
        </div>
      </div>
    </div>
  );
}
