/** An embedded server could not be found, made or started; the message says what to do and never holds a password. */
export class EmbeddedError extends Error {
  override name = 'EmbeddedError';
}
