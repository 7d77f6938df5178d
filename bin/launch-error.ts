/** The start cannot go on; the message says why and what to do. */
export class LaunchError extends Error {
  override name = 'LaunchError';
}
