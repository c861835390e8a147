import type { Agent } from 'node:http';
import { LANES } from './forced.js';
import { type ClientTls, errorBodyOf, type HttpAnswer, httpCall, keepAliveAgent } from './httpCall.js';
import { listOf, parseJson } from './jsonGuards.js';
import {
  type ImageView,
  isImageView,
  isMigrationView,
  isStarted,
  type MigrationRequest,
  type MigrationView,
} from './migrationView.js';

/** Unless a test says otherwise a lost link is the end of a migration, and shows at once. */
const IMPATIENT: Pick<MigrationRequest, 'patienceMs'> = { patienceMs: 0 };

/** An error answer: its code is a row of the error table. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly location: string | undefined;

  constructor(answer: HttpAnswer, call: string) {
    const { code, message, location } = errorBodyOf(answer);
    super(`${call}: ${answer.status} ${code} ${message}`);
    this.name = 'ApiError';
    this.status = answer.status;
    this.code = code;
    this.location = location;
  }
}

/** The HTTP API of either agent. Every method rejects with ApiError, or NoAnswer when nobody answers. */
export class ApiClient {
  readonly url: string;
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, token?: string, tls?: ClientTls) {
    this.url = url;
    this.#agent = keepAliveAgent(4, tls);
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  close(): void {
    this.#agent.destroy();
  }

  imageUrl(name: string): string {
    return `${this.url}/v1/images/${name}`;
  }

  /** The answer whatever its status. */
  call(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const raw = body instanceof Uint8Array ? body : body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const type = body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
    return httpCall({
      method,
      url: this.url + path,
      headers: { ...this.#headers, ...(raw === undefined ? {} : { 'content-type': type }) },
      ...(raw === undefined ? {} : { body: raw }),
      agent: this.#agent,
    });
  }

  async #ok(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new ApiError(answer, `${method} ${path}`);
    return answer;
  }

  async #json<Value>(path: string, isValue: (value: unknown) => value is Value): Promise<Value> {
    const value = parseJson((await this.#ok('GET', path)).body.toString('utf8'));
    if (!isValue(value)) throw new Error(`GET ${path} answered something else`);
    return value;
  }
  async #list<Item>(path: string, isItem: (value: unknown) => value is Item): Promise<Item[]> {
    return listOf(parseJson((await this.#ok('GET', path)).body.toString('utf8')), isItem, path);
  }

  image(name: string): Promise<ImageView> {
    return this.#json(`/v1/images/${name}`, isImageView);
  }
  images(): Promise<ImageView[]> {
    return this.#list('/v1/images', isImageView);
  }
  async openImage(name: string, path: string, more: { kind?: string; blockSize?: number } = {}): Promise<void> {
    await this.#ok('POST', '/v1/images', { name, path, ...more });
  }
  async closeImage(name: string): Promise<void> {
    await this.#ok('DELETE', `/v1/images/${name}`);
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    return (await this.#ok('GET', `/v1/images/${name}/bytes?offset=${offset}&length=${length}`)).body;
  }
  async write(name: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#ok('PUT', `/v1/images/${name}/bytes?offset=${offset}`, bytes);
  }
  async zero(name: string, offset: number, length: number): Promise<void> {
    await this.#ok('POST', `/v1/images/${name}/zero`, { offset, length });
  }
  async discard(name: string, offset: number, length: number): Promise<void> {
    await this.#ok('POST', `/v1/images/${name}/discard`, { offset, length });
  }
  async flush(name: string): Promise<void> {
    await this.#ok('POST', `/v1/images/${name}/flush`);
  }
  async markDirty(name: string, ranges: readonly { offset: number; length: number }[]): Promise<void> {
    await this.#ok('POST', `/v1/images/${name}/dirty`, { ranges });
  }

  async startMigration(request: MigrationRequest): Promise<string> {
    const answer = await this.#ok('POST', '/v1/migrations', { ...LANES, ...IMPATIENT, ...request });
    const started = parseJson(answer.body.toString('utf8'));
    if (!isStarted(started)) throw new Error('POST /v1/migrations answered no id');
    return started.id;
  }
  migration(id: string): Promise<MigrationView> {
    return this.#json(`/v1/migrations/${id}`, isMigrationView);
  }
  migrations(): Promise<MigrationView[]> {
    return this.#list('/v1/migrations', isMigrationView);
  }
  async cutover(id: string): Promise<void> {
    await this.#ok('POST', `/v1/migrations/${id}/cutover`);
  }
  async resolve(id: string, body: { forceOwner?: 'source' | 'destination'; yesIKnow?: boolean } = {}): Promise<void> {
    await this.#ok('POST', `/v1/migrations/${id}/resolve`, body);
  }
  async cancel(id: string): Promise<void> {
    await this.#ok('POST', `/v1/migrations/${id}/cancel`);
  }

  async metrics(): Promise<string> {
    return (await this.#ok('GET', '/metrics')).body.toString('utf8');
  }
}
