import { setTimeout as wait } from 'node:timers/promises';
import type { MigrationRequest } from '@godwit/agent';
import { ERROR_TABLE, GodwitError, toGodwitError } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import type { Attempt } from './attempt.js';

/** A link that flaps is back at once; one that does not need not be asked for ten times a second. */
const BACKOFF_START_MS = 100;
const BACKOFF_MAX_MS = 10_000;

/** Whether another link may go on where this one ended. */
export function mayReturn(
  error: GodwitError,
  { patienceMs }: Pick<MigrationRequest, 'patienceMs'>,
  { link }: { readonly link: Pick<Attempt['link'], 'copies'> },
): boolean {
  return patienceMs > 0 && link.copies !== undefined && isPassing(error);
}

/** Of links and agents, not of what they say. */
function isPassing({ code }: GodwitError): boolean {
  return ERROR_TABLE[code].retryable;
}

/**
 * That keep a link from being made again, and may pass: a state directory without room, for somebody may make some; a
 * connection that ends before a hello, for the destination has spoken before: a proxy before it has not found it again; and
 * what has to do with TLS, for a certificate may be renewed, and who refuses in plain text may be anybody.
 */
const PASSING_ON_RETURN: readonly string[] = ['E_STATE_DIR', 'E_NOT_GODWIT', 'E_TLS', 'E_TLS_MISSING', 'E_PEER_NAME'];

/**
 * Links of one migration whose bytes were damaged on the way. Some are the path's fault and made anew as any lost link;
 * beyond LIMITS.damagedLinks the peer is hostile, or the path is not to be trusted with what nobody checks.
 */
export class DamagedLinks {
  #count = 0;

  /** What a link ended with, or what it amounts to by now. */
  judge(thrown: unknown): GodwitError {
    const error = toGodwitError(thrown);
    if (error.code !== 'E_DAMAGED') return error;
    this.#count += 1;
    if (this.#count <= LIMITS.damagedLinks) return error;
    const problem = `bytes were damaged on ${this.#count} links; up to ${LIMITS.damagedLinks} are taken for accidents`;
    return new GodwitError('E_PROTOCOL', { problem }, { cause: error, detail: error.message });
  }

  /** Settles as `work` does, judged. */
  judged<T>(work: Promise<T>): Promise<T> {
    return work.catch((thrown: unknown) => {
      throw this.judge(thrown);
    });
  }
}

export interface Retries<T> {
  readonly connect: () => Promise<T>;
  readonly patienceMs: number;
  /** Ends it at once, with its reason. */
  readonly signal: AbortSignal;
  /** Before the first try; doubled behind each. */
  readonly backoffMs?: number;
  /** Told of each try that failed and is not the last. */
  readonly onFailed: (error: GodwitError) => void;
}

/** Connects, again and again, with back-off. Rejects with what will not pass, or with the last failure when patience is over. */
export async function retry<T>({ connect, patienceMs, signal, onFailed, ...more }: Retries<T>): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let delayMs = more.backoffMs ?? BACKOFF_START_MS; ; delayMs = Math.min(BACKOFF_MAX_MS, delayMs * 2)) {
    await waitOr(signal, Math.min(delayMs, Math.max(0, until - performance.now())));
    try {
      return await connect();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toGodwitError(thrown);
      const passes = isPassing(error) || PASSING_ON_RETURN.includes(error.code);
      if (!passes || performance.now() >= until) throw error;
      onFailed(error);
    }
  }
}

async function waitOr(signal: AbortSignal, delayMs: number): Promise<void> {
  try {
    await wait(delayMs, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}
