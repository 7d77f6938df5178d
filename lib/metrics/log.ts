import pino from 'pino';
import { likeSqlstate, loggedMessage } from '@/lib/masking/message';

/** pgdeck's logger: JSON lines on standard output, with secrets struck out. */
export type Logger = pino.Logger;

const secretNames =
  /^(pass(word|wd)?|secret|token|authorization|cookie|set-cookie|connectionstring|url|dsn|pgpassword)$/i;
const struck = '[redacted]';

/** Strikes out the password in anything that looks like a connection address or a password setting. */
export function redactText(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@]*@/gi, `$1:${struck}@`)
    .replace(
      /\b(password|passwd|pgpassword|token|secret)(\s*[=:]\s*|\s+(?=['"$]|e'|u&'))((?:e|u&)?'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|"[^"]*"|\$(\w*)\$[\s\S]*?\$\4\$|[^\s&,;]+)/gi,
      `$1$2${struck}`,
    );
}

/** An error without what PostgreSQL adds from the data (detail, where, the statement inside a function). */
export function safeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: redactText(String(error)) };
  const { code } = error as { code?: unknown };
  const message =
    typeof code === 'string' && likeSqlstate.test(code) ? loggedMessage(code, error.message) : error.message;
  return {
    name: error.name,
    message: redactText(message),
    ...(typeof code === 'string' && { code }),
    // The stack begins with the message.
    ...(error.stack && { stack: redactText(error.stack.replace(error.message, () => message)) }),
    ...(error.cause !== undefined && { cause: safeError(error.cause) }),
  };
}

function scrub(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value instanceof Error) return safeError(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => scrub(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, secretNames.test(name) ? struck : scrub(item, depth - 1)]),
  );
}

/** A logger that writes to `destination` (standard output where none is given). */
export function createLogger(level: string, destination?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label) => ({ level: label }),
      log: (object) => scrub(object, 6) as Record<string, unknown>,
    },
    serializers: { err: (error) => error },
    hooks: {
      logMethod(args, method) {
        const [first, ...rest] = args as unknown[];
        // pino would take the message of an error as it is.
        const whole = first instanceof Error && rest.length === 0 ? [{ err: first }, first.message] : [first, ...rest];
        const safe = whole.map((arg) => (typeof arg === 'string' ? redactText(arg) : arg));
        method.apply(this, safe as Parameters<typeof method>);
      },
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

const key = Symbol.for('pgdeck.log');
const shared = globalThis as { [key]?: Logger };

/** The one logger of the process, for both module graphs; its level is set once config.ts has read it. */
// biome-ignore lint/suspicious/noAssignInExpressions: made once, by whichever module graph comes first
export const log: Logger = (shared[key] ??= createLogger(process.env.VITEST ? 'silent' : 'info'));
