import { z } from 'zod';

/**
 * What a column means, in one sentence for a reader, and the unit of its values (null: none). `statement`: it holds the text
 * of a statement, of which not everybody may see the values.
 */
export type ColumnMeta = { meaning: string; unit: string | null; statement?: true };

const described =
  <Type extends z.ZodType>(type: Type, unit: string | null) =>
  (meaning: string) =>
    type.meta({ meaning, unit });

/** Text that is always there. */
export const text = described(z.string(), null);
/** Text, or null where it does not apply or is not known. */
export const maybeText = described(z.string().nullable(), null);
/** The text of a statement, or null where it is not known or hidden. */
export const maybeStatement = (meaning: string) => z.string().nullable().meta({ meaning, unit: null, statement: true });
/** True or false. */
export const flag = described(z.boolean(), null);
/** True or false, or null where it is not known. */
export const maybeFlag = described(z.boolean().nullable(), null);
/** An OID, a pid, a port: a number that is an identity. */
export const identity = described(z.number().int(), null);
/** An OID, a pid, a port, or null. */
export const maybeIdentity = described(z.number().int().nullable(), null);
/** Pids. */
export const pids = described(z.array(z.number().int()), null);
/** How many. */
export const count = described(z.number(), 'count');
/** How many, or null where it is not known. */
export const maybeCount = described(z.number().nullable(), 'count');
/** Seconds, by the server's clock. */
export const seconds = described(z.number(), 'seconds');
/** Seconds by the server's clock, or null where it never happened or does not apply. */
export const maybeSeconds = described(z.number().nullable(), 'seconds');
/** Milliseconds, as pg_stat_statements and the track_*_timing settings count. */
export const milliseconds = described(z.number(), 'ms');
/** Milliseconds, or null where this server does not measure them. */
export const maybeMilliseconds = described(z.number().nullable(), 'ms');
/** Bytes. */
export const bytes = described(z.number(), 'bytes');
/** Bytes, or null where they are not known. */
export const maybeBytes = described(z.number().nullable(), 'bytes');
/** Blocks of the server's block size (8 kB unless built otherwise). */
export const blocks = described(z.number(), 'blocks');
/** A share between 0 and 1, or null where there is nothing to divide by. */
export const ratio = described(z.number().nullable(), 'ratio');
/** A moment, ISO 8601, or null. */
export const maybeMoment = described(z.string().nullable(), null);
