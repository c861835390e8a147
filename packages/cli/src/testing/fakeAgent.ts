import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MigrationView } from '@godwit/agent';
import type { Finding } from '../client/vmViews.js';
import { sampleImage, sampleView, sampleVm } from './views.js';

/** A request as the fake agent saw it. */
export interface SeenRequest {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly lastEventId: string | undefined;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function json(status: number, value: unknown): Answer {
  return { status, body: JSON.stringify(value) };
}

/**
 * An agent's API without an agent, for one migration that a test drives by hand. Events get ids from 1;
 * a reader that comes with Last-Event-ID gets what it missed.
 */
export class FakeAgent {
  readonly requests: SeenRequest[] = [];
  /** What to answer instead, by `METHOD path`. */
  readonly answers = new Map<string, Answer>();
  /** Called after a request was answered; tests hang the next step here. */
  onRequest: (request: SeenRequest) => void = () => undefined;
  view: MigrationView = sampleView({ state: 'setup', rounds: [] });
  vm = sampleVm();
  findings: Finding[] = [];
  readonly #server: Server;
  readonly #readers = new Set<ServerResponse>();
  readonly #events: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => this.#answer(request, response, Buffer.concat(pieces).toString()));
    });
  }

  static async listen(): Promise<FakeAgent> {
    const server = createServer();
    const agent = new FakeAgent(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return agent;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The lines of the requests, such as `POST /v1/migrations`. */
  get lines(): string[] {
    return this.requests.map((request) => request.line);
  }

  /** Changes what GET answers, and tells the readers that the state changed. */
  become(view: MigrationView): void {
    this.view = view;
    this.emit('state', { state: view.state });
  }

  emit(event: string, data: unknown): void {
    const text = `id: ${this.#events.length + 1}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.#events.push(text);
    for (const reader of this.#readers) reader.write(text);
  }

  /** Cuts every event stream, as a broken connection does. */
  cutStreams(): void {
    for (const reader of this.#readers) reader.destroy();
    this.#readers.clear();
  }

  async close(): Promise<void> {
    this.cutStreams();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const line = `${request.method ?? ''} ${request.url ?? ''}`;
    const lastEventId = request.headers['last-event-id'];
    const seen: SeenRequest = {
      line,
      body,
      authorization: request.headers.authorization,
      lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    };
    this.requests.push(seen);
    const answer = this.answers.get(line) ?? this.#defaultAnswer(line);
    if (answer !== undefined) {
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    } else {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('retry: 2000\n\n');
      for (const event of this.#events.slice(Number(seen.lastEventId ?? 0))) response.write(event);
      this.#readers.add(response);
      response.on('close', () => this.#readers.delete(response));
    }
    this.onRequest(seen);
  }

  #vmAnswer(line: string): Answer | undefined {
    const one = `/v1/vms/${this.vm.name}`;
    if (line === 'GET /v1/vms') return json(200, [this.vm]);
    if (line === 'POST /v1/vms') return json(201, this.vm);
    if (line === `GET ${one}` || ['stop', 'start'].some((call) => line === `POST ${one}/${call}`))
      return json(200, this.vm);
    if (line === `DELETE ${one}`) return { status: 204, body: '' };
    if (line === `POST ${one}/check`) return json(200, this.findings);
    if (line === `POST ${one}/migrations`) return json(201, { id: this.view.id, findings: this.findings });
    return undefined;
  }

  /** Undefined for the event stream. */
  #defaultAnswer(line: string): Answer | undefined {
    const one = `/v1/migrations/${this.view.id}`;
    if (line === `GET ${one}/events`) return undefined;
    if (line === `GET ${one}`) return json(200, this.view);
    if (line === 'GET /v1/migrations') return json(200, [this.view]);
    if (line === 'GET /v1/images') return json(200, [sampleImage()]);
    if (line === 'POST /v1/migrations') return json(201, { id: this.view.id });
    if (line === `POST ${one}/cancel` || line === `POST ${one}/cutover`) return { status: 202, body: '' };
    return (
      this.#vmAnswer(line) ??
      json(404, { code: 'E_NOT_FOUND', message: `there is no migration "${line.split('/').at(-1) ?? ''}"` })
    );
  }
}
