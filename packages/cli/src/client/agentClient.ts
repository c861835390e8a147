import type { ImageView, MigrationView } from '@godwit/agent';
import { fromSerialized, GodwitError, problemOf, type SerializedError, systemCodeOf } from '@godwit/errors';
import { EventParser, type ServerEvent } from './sse.js';
import { isImageList, isMigrationList, isMigrationView, isRecord } from './viewGuard.js';

/** Where an agent's API is and what it wants to hear. */
export interface AgentLocation {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token?: string;
}

/** Body of POST /v1/migrations; what is absent gets the agent's default. */
export interface StartRequest {
  readonly images: readonly string[];
  readonly destination: string;
  readonly mode?: string | undefined;
  readonly downtimeLimitMs?: number | undefined;
  /** Bytes a second; no cap when absent. */
  readonly bandwidthLimit?: number | undefined;
  readonly lanes?: number | undefined;
  readonly verify?: string | undefined;
  readonly maxRounds?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly onStall?: string | undefined;
  readonly cutover?: string | undefined;
}

/** An agent on the same host answers in milliseconds; this is for a host that is gone or swapping. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Starting dials the destination and waits for its answer, which may itself take 10 s to be missed. */
const START_TIMEOUT_MS = 60_000;

const WHAT_TO_TRY =
  'is an agent running there? start one with `godwit source`, or name it with --source URL or GODWIT_SOURCE';

/**
 * The HTTP API of one agent. Every call throws GodwitError: E_UNREACHABLE when nobody answers,
 * E_NOT_GODWIT when somebody else does, otherwise what the agent said.
 */
export class AgentClient {
  readonly url: string;
  readonly #token: string | undefined;

  constructor(location: AgentLocation) {
    this.url = location.url;
    this.#token = location.token;
  }

  async images(): Promise<ImageView[]> {
    return this.#checked(await this.#call('GET', '/v1/images'), isImageList);
  }

  async migrations(): Promise<MigrationView[]> {
    return this.#checked(await this.#call('GET', '/v1/migrations'), isMigrationList);
  }

  async migration(id: string): Promise<MigrationView> {
    return this.#checked(await this.#call('GET', `/v1/migrations/${encodeURIComponent(id)}`), isMigrationView);
  }

  /** Starts a migration and returns its id. */
  async start(request: StartRequest): Promise<string> {
    const answer = await this.#call('POST', '/v1/migrations', request, START_TIMEOUT_MS);
    if (isRecord(answer) && typeof answer['id'] === 'string') return answer['id'];
    throw new GodwitError('E_NOT_GODWIT', { address: this.url });
  }

  async cancel(id: string): Promise<void> {
    await this.#call('POST', `/v1/migrations/${encodeURIComponent(id)}/cancel`);
  }

  async cutover(id: string): Promise<void> {
    await this.#call('POST', `/v1/migrations/${encodeURIComponent(id)}/cutover`);
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
      const headers = {
        ...this.#headers(),
        accept: 'text/event-stream',
        ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }),
      };
      const path = `/v1/migrations/${encodeURIComponent(id)}/events`;
      const response = await this.#fetch(path, { headers, signal: AbortSignal.any([signal, idle.signal]) });
      if (!response.ok) throw await this.#refusal(response);
      if (response.body === null) return;
      const parser = new EventParser();
      for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(timer);
        timer = setTimeout(() => idle.abort(), idleTimeoutMs);
        yield* parser.push(piece);
      }
    } catch (thrown) {
      throw thrown instanceof GodwitError ? thrown : this.#unreachable(thrown);
    } finally {
      clearTimeout(timer);
    }
  }

  async #call(method: 'GET' | 'POST', path: string, body?: object, timeoutMs = ANSWER_TIMEOUT_MS): Promise<unknown> {
    const headers = {
      ...this.#headers(),
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await this.#fetch(path, {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await this.#refusal(response);
    try {
      const text = await response.text();
      return text === '' ? undefined : parseJson(text);
    } catch (thrown) {
      throw this.#unreachable(thrown);
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(this.url + path, { ...init, redirect: 'error' });
    } catch (thrown) {
      throw this.#unreachable(thrown);
    }
  }

  #headers(): Record<string, string> {
    return this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
  }

  #checked<T>(value: unknown, guard: (value: unknown) => value is T): T {
    if (guard(value)) return value;
    throw new GodwitError('E_NOT_GODWIT', { address: this.url });
  }

  async #refusal(response: Response): Promise<GodwitError> {
    const body = parseJson(await response.text().catch(() => ''));
    if (isSerializedError(body)) return fromSerialized(body);
    if (response.status === 401) return new GodwitError('E_UNAUTHORIZED');
    return new GodwitError(
      'E_NOT_GODWIT',
      { address: this.url },
      { detail: `HTTP ${response.status} ${response.statusText}`.trim() },
    );
  }

  #unreachable(thrown: unknown): GodwitError {
    const parameters = { address: this.url, problem: networkProblem(thrown) };
    return new GodwitError('E_UNREACHABLE', parameters, { cause: thrown, detail: WHAT_TO_TRY });
  }
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

const PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be looked up',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'timed out',
  UND_ERR_CONNECT_TIMEOUT: 'timed out',
  UND_ERR_SOCKET: 'connection closed',
};

/** What fetch hides below "fetch failed": the innermost cause, in words. */
function networkProblem(thrown: unknown): string {
  if (thrown instanceof Error && (thrown.name === 'TimeoutError' || thrown.name === 'AbortError'))
    return 'no answer in time';
  const code = systemCodeOf(thrown);
  if (code !== undefined && PROBLEMS[code] !== undefined) return PROBLEMS[code];
  if (thrown instanceof Error && thrown.cause !== undefined) return networkProblem(thrown.cause);
  return code ?? problemOf(thrown);
}
