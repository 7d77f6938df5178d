/** The process holds two copies of this class, one in each module graph; both carry this. */
const brand = Symbol.for('pgdeck.ApiError');

/** A failure that a caller is told: HTTP status, code of the API, a sentence, and the input field it is about. */
export class ApiError extends Error {
  readonly [brand] = true;
  /** It stands in the audit already. */
  audited = false;

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
    /** Headers that go with it, for example `retry-after`. */
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** True also for an error that the other copy made: the runner and the samplers live in the other module graph. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** 400: a value that cannot be used, with the field that holds it. */
export function badInput(message: string, field?: string): ApiError {
  return new ApiError(400, 'bad_input', message, field);
}

/** 404: a thing that is not there, in words. */
export function notFound(message: string): ApiError {
  return new ApiError(404, 'not_found', message);
}
