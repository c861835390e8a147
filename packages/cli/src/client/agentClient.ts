import type { IncomingMessage } from 'node:http';
import type { ImageView, MigrationView } from '@godwit/agent';
import { fromSerialized, GodwitError, problemOf, type SerializedError, systemCodeOf } from '@godwit/errors';
import { type ClientTls, type HttpCall, httpCall, textOf } from './httpCall.js';
import { EventParser, type ServerEvent } from './sse.js';
import { isImageList, isMigrationList, isMigrationView, isRecord, isStarted } from './viewGuard.js';

/** Where an agent's API is and what it wants to hear. */
export interface AgentLocation {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token?: string;
  readonly tls?: ClientTls;
}

/** How a migration is to go about it; what is absent gets the agent's default. */
export interface MigrationHow {
  readonly downtimeLimitMs?: number | undefined;
  /** Bytes a second; no cap when absent. */
  readonly bandwidthLimit?: number | undefined;
  /** Bytes a second that reading back reads on each side; no cap when absent. */
  readonly scrubLimit?: number | undefined;
  readonly lanes?: number | undefined;
  readonly encoding?: string | undefined;
  readonly verify?: string | undefined;
  readonly maxRounds?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly onStall?: string | undefined;
  readonly cutover?: string | undefined;
  readonly patienceMs?: number | undefined;
}

/** Body of POST /v1/migrations. */
export interface StartRequest extends MigrationHow {
  readonly images: readonly string[];
  readonly destination: string;
  readonly mode?: string | undefined;
  readonly seed?: boolean | undefined;
}

/** One call of an agent's API. */
export interface AgentCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly timeoutMs?: number;
}

/** An agent on the same host answers in milliseconds; this is for a host that is gone or swapping. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Starting dials the destination and waits for its answer, which may itself take 10 s to be missed. */
export const START_TIMEOUT_MS = 60_000;

const WHAT_TO_TRY =
  'is an agent running there? start one with `godwit source` or `godwit host`, or name it with --source URL or GODWIT_SOURCE';

/**
 * The HTTP API of one agent. Every call throws GodwitError: E_UNREACHABLE when nobody answers,
 * E_NOT_GODWIT when somebody else does, otherwise what the agent said.
 */
export class AgentClient {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #tls: ClientTls | undefined;

  constructor(location: AgentLocation) {
    this.url = location.url;
    this.#token = location.token;
    this.#tls = location.tls;
  }

  async images(): Promise<ImageView[]> {
    return this.ask({ method: 'GET', path: '/v1/images' }, isImageList);
  }

  async migrations(): Promise<MigrationView[]> {
    return this.ask({ method: 'GET', path: '/v1/migrations' }, isMigrationList);
  }

  async migration(id: string): Promise<MigrationView> {
    return this.ask({ method: 'GET', path: `/v1/migrations/${encodeURIComponent(id)}` }, isMigrationView);
  }

  /** Starts a migration and returns its id. */
  async start(request: StartRequest): Promise<string> {
    const call: AgentCall = { method: 'POST', path: '/v1/migrations', body: request, timeoutMs: START_TIMEOUT_MS };
    return (await this.ask(call, isStarted)).id;
  }

  async cancel(id: string): Promise<void> {
    await this.call({ method: 'POST', path: `/v1/migrations/${encodeURIComponent(id)}/cancel` });
  }

  /** Ends an unknown outcome, and how it stands then. */
  async resolve(id: string, body: { forceOwner?: string; yesIKnow?: boolean }): Promise<MigrationView> {
    return this.ask(
      { method: 'POST', path: `/v1/migrations/${encodeURIComponent(id)}/resolve`, body },
      isMigrationView,
    );
  }

  async cutover(id: string): Promise<void> {
    await this.call({ method: 'POST', path: `/v1/migrations/${encodeURIComponent(id)}/cutover` });
  }

  /**
   * The events of a migration after `lastEventId`, until the agent ends the stream. Nothing for
   * `idleTimeoutMs`, not even a comment, counts as a lost connection (E_UNREACHABLE), as a broken one does.
   */
  async *events(
    id: string,
    lastEventId: string,
    idleTimeoutMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<ServerEvent> {
    const idle = new AbortController();
    let timer = setTimeout(() => idle.abort(), idleTimeoutMs);
    try {
      const seen: Record<string, string> = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
      const answer = await httpCall(`${this.url}/v1/migrations/${encodeURIComponent(id)}/events`, {
        method: 'GET',
        headers: { ...this.#headers(), ...seen, accept: 'text/event-stream' },
        tls: this.#tls,
        signal: AbortSignal.any([signal, idle.signal]),
      });
      if (!isSuccess(answer)) throw refusal(this.url, answer, await textOf(answer));
      const parser = new EventParser();
      for await (const piece of answer.setEncoding('utf8')) {
        clearTimeout(timer);
        timer = setTimeout(() => idle.abort(), idleTimeoutMs);
        yield* parser.push(String(piece));
      }
    } catch (thrown) {
      throw thrown instanceof GodwitError ? thrown : this.#unreachable(thrown);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the agent answers to a call, once it has been found to be of its kind. */
  async ask<T>(call: AgentCall, guard: (answer: unknown) => answer is T): Promise<T> {
    const answer = await this.call(call);
    if (guard(answer)) return answer;
    throw new GodwitError('E_NOT_GODWIT', { address: this.url });
  }

  /** What the agent answers to a call; undefined where that is nothing. */
  async call({ method, path, body, timeoutMs = ANSWER_TIMEOUT_MS }: AgentCall): Promise<unknown> {
    const headers = { ...this.#headers(), accept: 'application/json' };
    const signal = AbortSignal.timeout(timeoutMs);
    const call: HttpCall =
      body === undefined
        ? { method, headers, signal, tls: this.#tls }
        : {
            method,
            signal,
            tls: this.#tls,
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          };
    let answer: IncomingMessage;
    let text: string;
    try {
      answer = await httpCall(this.url + path, call);
      text = await textOf(answer);
    } catch (thrown) {
      throw this.#unreachable(thrown);
    }
    if (!isSuccess(answer)) throw refusal(this.url, answer, text);
    return text === '' ? undefined : parseJson(text);
  }

  #headers(): Record<string, string> {
    return this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
  }

  #unreachable(thrown: unknown): GodwitError {
    const parameters = { address: this.url, problem: networkProblem(thrown) };
    return new GodwitError('E_UNREACHABLE', parameters, { cause: thrown, detail: WHAT_TO_TRY });
  }
}

function isSuccess(answer: IncomingMessage): boolean {
  const status = answer.statusCode ?? 0;
  return status >= 200 && status < 300;
}

/** What an agent refused with, or that it is no agent. */
function refusal(url: string, answer: IncomingMessage, text: string): GodwitError {
  const body = parseJson(text);
  if (isSerializedError(body)) return fromSerialized(body);
  if (answer.statusCode === 401) return new GodwitError('E_UNAUTHORIZED');
  const detail = `HTTP ${answer.statusCode ?? 0} ${answer.statusMessage ?? ''}`.trim();
  return new GodwitError('E_NOT_GODWIT', { address: url }, { detail });
}

function isSerializedError(value: unknown): value is SerializedError {
  return isRecord(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string';
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

const NOT_TRUSTED = 'nobody that is trusted here signed its certificate; name the authority with --tls-ca';

const PROBLEMS: Readonly<Record<string, string>> = {
  ABORT_ERR: 'no answer in time',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  EAI_AGAIN: 'the name cannot be looked up',
  EPROTO: 'what answers there does not speak TLS, or not 1.3',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate bears another name',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'no such host',
  ETIMEDOUT: 'timed out',
  HPE_INVALID_CONSTANT: 'what answers there is not HTTP',
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
};

/** The system's code in words; where a name has several addresses, of the last one tried. */
function networkProblem(thrown: unknown): string {
  const cause: unknown = thrown instanceof AggregateError ? thrown.errors.at(-1) : thrown;
  const code = systemCodeOf(cause);
  return (code === undefined ? undefined : PROBLEMS[code]) ?? code ?? problemOf(thrown);
}
