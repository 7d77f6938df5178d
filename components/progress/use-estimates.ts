'use client';

import { useEffect, useState } from 'react';
import { addSamples, type Estimate, estimate, type ProgressRow, phaseKey, type Sample } from './eta';

/** A command with what was watched of its phase, and how long that still takes. */
export type Watched = { row: ProgressRow; samples: Sample[]; left: Estimate | undefined };

/** Watches commands from snapshot to snapshot while the page is open; `sampledAt` is the snapshot's time, ISO 8601. */
export function useEstimates(rows: ProgressRow[], sampledAt: string | undefined): Watched[] {
  const [watched, setWatched] = useState<ReadonlyMap<string, Sample[]>>(new Map());
  useEffect(() => {
    if (!sampledAt) return;
    setWatched((before) => addSamples(before, rows, Date.parse(sampledAt) / 1000));
  }, [rows, sampledAt]);
  return rows.map((row) => {
    const samples = watched.get(phaseKey(row)) ?? [];
    return { row, samples, left: estimate(samples, row.total) };
  });
}
