/**
 * Why an embedded server is not there. `platform`: no programs for this machine; `folder`: its folder cannot be used by
 * its user; `locked`: another process runs it; `version`: data of another PostgreSQL; `damaged`: its data cannot be read.
 */
export type EmbeddedReason =
  | 'platform'
  | 'disk-full'
  | 'folder'
  | 'locked'
  | 'port'
  | 'version'
  | 'damaged'
  | 'slow'
  | 'other';

/** An embedded server could not be found, made or started; the message says what to do and never holds a password. */
export class EmbeddedError extends Error {
  override name = 'EmbeddedError';

  constructor(
    message: string,
    readonly reason: EmbeddedReason = 'other',
  ) {
    super(message);
  }
}
