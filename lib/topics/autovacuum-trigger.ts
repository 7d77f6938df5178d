import type { Raw } from './topic';

/** When autovacuum takes a table: rows that must be dead, inserted or changed; null where it never does. */
export type Triggers = {
  autovacuum_enabled: boolean;
  vacuum_trigger: number | null;
  vacuum_insert_trigger: number | null;
  analyze_trigger: number | null;
};

/** What a table brings to its own triggers; `reloptions` as in pg_class (`name=value`). */
export type TableFigures = {
  reltuples: number;
  relpages: number;
  /** Pages that are all frozen; null before PostgreSQL 18. */
  relallfrozen: number | null;
  reloptions: string[] | null;
};

/**
 * The triggers as PostgreSQL's own relation_needs_vacanalyze() computes them, from the settings (a row of the lookup
 * `table-settings`) and the table's storage parameters.
 */
export function autovacuumTriggers(settings: Raw, table: TableFigures): Triggers {
  const options = new Map(
    (table.reloptions ?? []).map((option) => {
      const at = option.indexOf('=');
      return [option.slice(0, at), option.slice(at + 1)] as const;
    }),
  );
  const value = (name: string): number => {
    const own = options.get(`autovacuum_${name}`);
    // A storage parameter of -1 means: as the server's setting; but for these two it means: off.
    const offWhenNegative = name === 'vacuum_max_threshold' || name === 'vacuum_insert_threshold';
    if (own !== undefined && (Number(own) >= 0 || offWhenNegative)) return Number(own);
    return Number(settings[name] ?? -1);
  };
  const rows = Math.max(0, table.reltuples);
  let vacuum = value('vacuum_threshold') + value('vacuum_scale_factor') * rows;
  const most = value('vacuum_max_threshold');
  if (most >= 0 && vacuum > most) vacuum = most;
  // PostgreSQL 18 counts only the part of the table that is not frozen yet.
  const unfrozen =
    table.relallfrozen !== null && table.relpages > 0
      ? 1 - Math.min(table.relallfrozen, table.relpages) / table.relpages
      : 1;
  const insertThreshold = value('vacuum_insert_threshold');
  const insert = insertThreshold + value('vacuum_insert_scale_factor') * rows * unfrozen;
  const ownSwitch = options.get('autovacuum_enabled');
  return {
    autovacuum_enabled: settings.autovacuum !== false && !(ownSwitch && /^(false|off|no|0|f|n)$/i.test(ownSwitch)),
    vacuum_trigger: vacuum,
    vacuum_insert_trigger: insertThreshold < 0 ? null : insert,
    analyze_trigger: value('analyze_threshold') + value('analyze_scale_factor') * rows,
  };
}
