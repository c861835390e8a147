import { GodwitError } from '@godwit/errors';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { redactor } from './redaction.js';

export type { Logger };

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const SECRETS = ['token', 'authorization', 'headers.authorization', 'req.headers.authorization', 'options.token'];
const STDERR_FD = 2;

/**
 * The one logger: JSON lines on stderr, tokens replaced by `[redacted]`. Written synchronously, so that
 * the last line before a crash is there; there are few (one a state change, one a round).
 *
 * @param stream replaces stderr in tests
 * @param secrets are replaced wherever they stand
 * @throws GodwitError E_BAD_VALUE when the level is unknown
 */
export function createLogger(
  level = 'info',
  stream: DestinationStream = stderrStream(),
  secrets: readonly string[] = [],
): Logger {
  if (!LEVELS.includes(level)) {
    throw new GodwitError('E_BAD_VALUE', { name: '--log-level', value: level, expected: LEVELS.join(', ') });
  }
  const paths = SECRETS.flatMap((path) => (path.includes('.') ? [path] : [path, `*.${path}`]));
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths, censor: '[redacted]' } },
    secrets.length === 0 ? stream : redacted(stream, secrets),
  );
}

function redacted(stream: DestinationStream, secrets: readonly string[]): DestinationStream {
  const redact = redactor(secrets);
  return { write: (line) => stream.write(redact(line)) };
}

function stderrStream(): DestinationStream {
  const stream = destination({ fd: STDERR_FD, sync: true });
  // A closed stderr (the terminal went away) must not take a migration down with it.
  stream.on('error', () => undefined);
  return stream;
}
