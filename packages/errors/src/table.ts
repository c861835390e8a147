/**
 * Every error that a user, a log or the wire can meet. One row a code: what it says, whether trying
 * again can help, the HTTP status and the exit code of the command. docs/ERRORS.md is generated from
 * this table and a test holds the two together.
 *
 * Templates name their values in braces; `GodwitError` fills them from its parameters.
 */
export interface ErrorRow {
  /** What was wrong and what would be right, with `{name}` where a value goes. */
  readonly message: string;
  /** True when the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;
  readonly httpStatus: number;
  /** 1 failed, source still owns; 2 usage; 3 cancelled; 4 outcome unknown; 5 unreachable. */
  readonly exitCode: 1 | 2 | 3 | 4 | 5;
}

function row(message: string, httpStatus: number, exitCode: ErrorRow['exitCode'] = 1, retryable = false): ErrorRow {
  return { message, retryable, httpStatus, exitCode };
}

export const ERROR_TABLE = {
  // What the user typed or sent.
  E_USAGE: row('{problem}', 400, 2),
  E_BAD_VALUE: row('{name} is "{value}"; expected {expected}', 400, 2),
  E_BAD_NAME: row('"{name}" is no image name; use 1 to 64 of A-Z a-z 0-9 _ -, no slash, no dots', 400, 2),
  E_CONFIG: row('configuration {path}: {problem}', 400, 2),
  E_TOKEN_REQUIRED: row('listening on {address} beyond loopback needs --token-file or --tls-ca', 400, 2),
  E_TOKEN_FILE: row('token file {path}: {problem}; it must hold one line of at least 16 characters', 400, 2),
  E_TLS_FILE: row('TLS file {path}: {problem}', 400, 2),
  E_INSECURE: row('{what} {address} beyond loopback needs {needed}, or --insecure', 400, 2),
  E_UNAUTHORIZED: row('a valid bearer token is needed; pass --token-file', 401, 2),
  E_CERTIFICATE: row(
    'a certificate that --tls-ca of the agent signed is needed; pass --tls-cert and --tls-key',
    401,
    2,
  ),
  E_NOT_FOUND: row('there is no {what} "{name}"', 404, 2),
  E_RANGE: row('offset {offset} + length {length} is outside the image of {size} bytes', 416, 2),
  E_TOO_LARGE: row('{what} is {value}; at most {limit} is accepted', 413, 2),

  // Images and files.
  E_NO_FILE: row('{path}: no such file', 400, 2),
  E_UNREADABLE: row('{path}: cannot be opened for reading and writing ({problem})', 400, 2),
  E_NOT_AN_IMAGE: row('{path} is a {kind}; an image is a regular file or a block device', 400, 2),
  E_OUTSIDE_ROOT: row('{path} may not be opened through the API: {problem}', 403, 2),
  E_OPEN_TWICE: row('{path} is open already as image "{name}"', 409, 2),
  E_NAME_TAKEN: row('an image named "{name}" is open already, from {path}', 409, 2),
  E_SIZE_CHANGED: row('{path} changed size from {before} to {after} bytes underneath', 409),
  E_IO: row('{path}: {problem} at offset {offset}', 500),
  E_DISK_FULL: row('{path}: no room is left for it ({problem}); make room there and try again', 507),
  E_BUSY_IMAGE: row('image "{name}" is on the move in migration {id}', 409),

  // Ownership.
  E_NOT_OWNER: row('image "{name}" is not owned here ({state}); nothing was written', 409),
  E_MOVED: row('image "{name}" moved to {location}; write there', 421),
  E_COLD: row('image "{name}" is being moved cold and takes no writes until it has arrived', 409, 1, true),
  E_OLD_EPOCH: row('image "{name}" is at epoch {current}; epoch {offered} is refused', 409),
  E_OWNED_HERE: row('the destination owns image "{name}" itself (epoch {epoch})', 409),
  E_STATE_DIR: row('state directory {path}: {problem}', 400, 2),
  E_STATE_CORRUPT: row('record {path} is damaged: {problem}; nothing is assumed from it', 500),

  // A migration.
  E_UNREACHABLE: row('{address} does not answer ({problem})', 502, 5, true),
  E_PEER_LOST: row('the peer was silent for {silentMs} ms or closed the connection', 502, 1, true),
  E_LANE_LOST: row('lane {lane} ended: {problem}', 502, 1, true),
  E_TLS: row('TLS with {peer} failed: {problem}', 502),
  E_TLS_REQUIRED: row('the destination takes TLS alone; the source needs --tls-cert, --tls-key and --tls-ca', 502),
  E_TLS_MISSING: row('the source wants TLS; the destination needs --tls-cert, --tls-key and --tls-ca', 502),
  E_PEER_NAME: row('the certificate of {peer} bears {names}, not {expected}', 502),
  E_NOT_GODWIT: row('{address} does not speak the Godwit protocol', 502),
  E_NBD_REFUSED: row('{address} refuses NBD export "{name}" ({problem})', 502),
  E_VERSION: row('the peer speaks protocol version {theirs}; this one speaks {oldest} to {newest}', 502),
  E_DAMAGED: row('bytes from the peer were damaged on the way, or are no Godwit: {problem}', 502, 1, true),
  E_PROTOCOL: row('protocol violation: {problem}', 502),
  E_PEER: row('the peer reported {code}: {detail}', 502),
  E_HELLO_TIMEOUT: row('no valid hello within {timeoutMs} ms', 408, 1, true),
  E_TOO_MANY: row('too many {what}: at most {limit}', 429, 1, true),
  E_EXISTS: row(
    '{path} exists at the destination and is not ours; move it away, choose another --dir, or begin with it (--seed)',
    409,
  ),
  E_SEED: row('{path} at the destination cannot be what the image begins with: {problem}', 409),
  E_NO_ROOM: row('the destination has {available} bytes free for {needed} bytes', 507),
  E_NOT_WRITABLE: row('{path} is not a writable directory ({problem})', 400, 2),
  E_PORT_IN_USE: row('{address} is in use; choose another with {flag}', 409, 2),
  E_ADDRESS: row('cannot listen on {address} ({problem})', 400, 2),
  E_SOCKET_PATH: row('{path}: {problem}', 400, 2),
  E_MISMATCH_LIMIT: row('{count} extents or blocks differed, more than the limit of {limit}', 500),
  E_NO_CONVERGE: row('the migration does not converge: {reason}', 409),
  E_TIMEOUT: row('the migration took longer than {timeoutMs} ms', 408),
  E_WORKLOAD: row('what runs on the images cannot go there: {problem}', 409),
  E_VM: row('virtual machine "{name}": {problem}', 409),
  E_VM_FINDINGS: row('virtual machine "{name}" cannot move there: {count} findings stand against it', 409),
  E_HOOK: row('hook {hook} failed: {problem}', 409),
  E_QMP: row('QEMU refuses {command}: {problem}', 409),
  E_QMP_LOST: row('the monitor of QEMU at {path} is gone: {problem}', 502),
  E_QMP_TIMEOUT: row('QEMU did not answer {command} within {timeoutMs} ms', 504),
  E_QEMU_START: row('{program} does not start: {problem}', 500),
  E_QEMU_STUCK: row('process {pid} ({program}) does not end, not even by SIGKILL', 500),
  E_RAM_FILE: row('memory cannot be a file at {path}: {problem}', 500),
  E_MANIFEST: row('{path} is wrong: {problem}; expected {expected}', 400, 2),
  E_VM_STATE: row('the guest is {state}; to {action} it has to be {needed}', 409),
  E_VM_MEMORY_PRIVATE: row('the memory of the guest cannot be seen from outside: {problem}', 409),
  E_DEVICE_STATE: row('device state cannot be {action}: {problem}', 409),
  E_CANCELLED: row('cancelled: {reason}', 409, 3),
  E_TOO_LATE: row('migration {id} is {state}; it is too late to {action}', 409),
  E_OUTCOME_UNKNOWN: row('the link was lost after the source sealed; asking the destination who owns', 503, 4, true),
  E_ABORTED: row('the destination gave up before it took over ({reason}); the source owns', 409),
  E_SHUTDOWN: row('the agent is shutting down', 503, 1, true),
  E_INTERNAL: row('internal error: {problem}', 500),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** True when `code` is one of the table's; what a peer sends is only believed after this. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code);
}
