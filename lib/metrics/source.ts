import type { Row, TopicId } from '@/lib/topics/index';
import type { Metric, MetricType, Sheet } from './sheet';

/** What a source is told of the server beside the rows. */
export type Scene = {
  versionNum: number | undefined;
  inRecovery: boolean | undefined;
  /** The databases of the server that the reader may see. */
  databases: readonly string[];
};

/** One figure of a row. */
export type Figure<R> = {
  type: MetricType;
  help: string;
  value(row: R): number | null | undefined;
  /** Whose name it is, where it is not that of the whole source. */
  from?: Metric['from'];
};

/** How the rows of one topic become metrics: which rows, which of their columns are labels, which are figures. */
export type Source = {
  topic: TopicId;
  /** About the server as a whole: left out for who may see some of its databases only. */
  whole: boolean;
  metrics: Record<string, Metric>;
  /** Notes the figures of an answer's rows; `database` is the one that a topic of a database was asked in. */
  note(sheet: Sheet, labels: { server: string }, rows: unknown[], scene: Scene, database: string | null): void;
};

/** Declares a source. `labels` are columns of what `rows` makes; null is no label at all. */
export function defineSource<Id extends TopicId, R extends Record<Label, unknown>, Label extends string>(source: {
  topic: Id;
  whole?: boolean;
  rows(rows: Row<Id>[], scene: Scene, database: string | null): R[];
  labels: readonly Label[];
  from?: Metric['from'];
  figures: Record<string, Figure<R>>;
}): Source {
  const { topic, whole = false, labels, from } = source;
  const metrics = Object.fromEntries(
    Object.entries(source.figures).map(([name, { type, help, from: own = from }]) => [
      name,
      { type, help, labels: ['server', ...labels], from: own },
    ]),
  );
  return {
    topic,
    whole,
    metrics,
    note(sheet, server, rows, scene, database) {
      for (const row of source.rows(rows as Row<Id>[], scene, database)) {
        const all = { ...server, ...labelsOf(row, labels) };
        for (const [name, { value }] of Object.entries(source.figures))
          sheet.set(name, metrics[name] as Metric, all, value(row));
      }
    },
  };
}

function labelsOf<Label extends string>(row: Record<Label, unknown>, labels: readonly Label[]): Record<string, string> {
  return Object.fromEntries(labels.map((label) => [label, String(row[label] ?? '')]));
}

/** A moment as seconds since 1970. */
export const epochSeconds = (moment: string | null): number | null =>
  moment === null ? null : Date.parse(moment) / 1000;
