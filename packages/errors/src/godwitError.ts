import { ERROR_TABLE, type ErrorCode, isErrorCode } from './table.js';

type ErrorParameters = Readonly<Record<string, string | number>>;

/**
 * The one error class of Godwit. Its code is a row of the table; `message` is the filled template;
 * `detail` is what the peer or the system said; `cause` keeps the original for logs.
 */
export class GodwitError extends Error {
  readonly code: ErrorCode;
  readonly parameters: ErrorParameters;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, parameters: ErrorParameters = {}, options: { cause?: unknown; detail?: string } = {}) {
    super(fillTemplate(ERROR_TABLE[code].message, parameters), { cause: options.cause });
    this.name = 'GodwitError';
    this.code = code;
    this.parameters = parameters;
    this.detail = options.detail;
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable;
  }
  get httpStatus(): number {
    return ERROR_TABLE[this.code].httpStatus;
  }
  get exitCode(): number {
    return ERROR_TABLE[this.code].exitCode;
  }

  /** The form that goes over HTTP and into records; parameters travel so that a thread or peer can rebuild it. */
  toJSON(): SerializedError {
    return {
      code: this.code,
      message: this.message,
      parameters: this.parameters,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    };
  }
}

export interface SerializedError {
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly parameters?: ErrorParameters;
}

/** Rebuilds an error that crossed a thread or a process; a code that is not ours becomes E_PEER. */
export function fromSerialized(error: SerializedError): GodwitError {
  if (!isErrorCode(error.code)) {
    return new GodwitError('E_PEER', { code: error.code, detail: error.message });
  }
  const rebuilt = new GodwitError(
    error.code,
    error.parameters ?? {},
    error.detail === undefined ? {} : { detail: error.detail },
  );
  if (error.message !== '') rebuilt.message = error.message;
  return rebuilt;
}

/** Anything thrown, as a GodwitError: itself, or E_INTERNAL around it. */
export function toGodwitError(thrown: unknown): GodwitError {
  if (thrown instanceof GodwitError) return thrown;
  return new GodwitError('E_INTERNAL', { problem: problemOf(thrown) }, { cause: thrown });
}

/** One line that says what was thrown, without a stack. */
export function problemOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The errno name (`ENOENT`) of a system error, if it is one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

function fillTemplate(template: string, parameters: ErrorParameters): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(parameters[name] ?? '?'));
}
