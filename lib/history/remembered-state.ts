import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { Run } from './event-table';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
/** What is longer is kept compressed: of a schema the names repeat. */
const plainLength = 4096;

/** A state as the store remembers it; `takenAt` (epoch ms) also tells whether somebody else has written since. */
export type Stored = { state: unknown; takenAt: number };

/** The last known state of a kind; undefined where there is none yet. */
export async function loadState(run: Run, serverId: number, kind: string): Promise<Stored | undefined> {
  const [row] = await run<{ body: { state?: unknown; brotli?: string }; taken_at: string }>(
    `select /* pgdeck:read */ s.body, s.taken_at from pgdeck.remembered_state as s
where s.server_id = $1 and s.kind = $2`,
    [serverId, kind],
  );
  if (!row) return undefined;
  const { state, brotli } = row.body;
  const body = brotli === undefined ? state : JSON.parse((await decompress(Buffer.from(brotli, 'base64'))).toString());
  return { state: body, takenAt: Date.parse(row.taken_at) };
}

/** A state as it goes into the store. */
export async function packed(state: unknown): Promise<string> {
  const text = JSON.stringify(state);
  if (text.length <= plainLength) return `{"state":${text}}`;
  const body = await compress(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  return JSON.stringify({ brotli: body.toString('base64') });
}

/** Writes a state over the one taken at `before` (undefined: there is none); false where somebody else was faster. */
export async function saveState(
  run: Run,
  serverId: number,
  kind: string,
  next: { body: string; takenAt: number },
  before: number | undefined,
): Promise<boolean> {
  const takenAt = new Date(next.takenAt).toISOString();
  const written =
    before === undefined
      ? await run(
          `insert /* pgdeck:history */ into pgdeck.remembered_state (server_id, kind, taken_at, body)
values ($1, $2, $3::timestamptz, $4::jsonb) on conflict (server_id, kind) do nothing returning kind`,
          [serverId, kind, takenAt, next.body],
        )
      : await run(
          `update /* pgdeck:history */ pgdeck.remembered_state set taken_at = $3::timestamptz, body = $4::jsonb
where server_id = $1 and kind = $2 and taken_at = $5::timestamptz returning kind`,
          [serverId, kind, takenAt, next.body, new Date(before).toISOString()],
        );
  return written.length > 0;
}

/** Notes that a state still held at a moment, so that a later change is known to be younger; false as above. */
export async function confirmState(
  run: Run,
  serverId: number,
  kind: string,
  takenAt: number,
  before: number,
): Promise<boolean> {
  const written = await run(
    `update /* pgdeck:history */ pgdeck.remembered_state set taken_at = $3::timestamptz
where server_id = $1 and kind = $2 and taken_at = $4::timestamptz returning kind`,
    [serverId, kind, new Date(takenAt).toISOString(), new Date(before).toISOString()],
  );
  return written.length > 0;
}
