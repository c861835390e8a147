import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** A complete answer; error statuses are answers too. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly agent?: Agent;
  /** For https without an agent. */
  readonly tls?: ClientTls | undefined;
  readonly signal?: AbortSignal;
}

/** What a client shows, and the authority that it believes; PEM. Without one it believes anybody. */
export interface ClientTls {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** The certificate options among those of an agent: what a client of its API may show, too. */
export function clientTlsOf(args: readonly string[]): ClientTls | undefined {
  const fileOf = (flag: string) =>
    args.includes(flag) ? readFileSync(args[args.indexOf(flag) + 1] ?? '', 'utf8') : undefined;
  const [cert, key, ca] = [fileOf('--tls-cert'), fileOf('--tls-key'), fileOf('--tls-ca')];
  if (cert === undefined || key === undefined) return undefined;
  return { cert, key, ...(ca === undefined ? {} : { ca }) };
}

/** Thrown when no answer came; `sent` is false when the connection was refused, so nothing can have happened. */
export class NoAnswer extends Error {
  readonly sent: boolean;
  constructor(call: HttpCall, cause: Error) {
    super(`${call.method} ${call.url}: ${cause.message}`, { cause });
    this.name = 'NoAnswer';
    this.sent = !('code' in cause && cause.code === 'ECONNREFUSED');
  }
}

/** Connections that stay open between calls; `destroy()` it, or the test process stays. */
export function keepAliveAgent(sockets: number, tls?: ClientTls): Agent {
  const kept = { keepAlive: true, maxSockets: sockets, scheduling: 'lifo' } as const;
  return tls === undefined ? new Agent(kept) : new HttpsAgent({ ...kept, ...believing(tls) });
}

function believing(tls: ClientTls) {
  return { ...tls, rejectUnauthorized: tls.ca !== undefined };
}

/** One HTTP call with node:http, which costs a writer a third of what fetch costs. */
export function httpCall(call: HttpCall): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new NoAnswer(call, error));
    const request = call.url.startsWith('https:') ? httpsRequest : httpRequest;
    const outgoing = request(call.url, {
      ...(call.tls === undefined ? {} : believing(call.tls)),
      method: call.method,
      headers: { ...call.headers, ...(call.body === undefined ? {} : { 'content-length': String(call.body.length) }) },
      ...(call.agent === undefined ? {} : { agent: call.agent }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    outgoing.once('error', fail);
    outgoing.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', fail);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
    outgoing.end(call.body);
  });
}

/** The error body of an answer, as interfaces.md has it; empty strings where it has none. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly location: string | undefined;
}

/** Reads `{code, message, ...}`; anything else becomes a message of what stood there. */
export function errorBodyOf(answer: HttpAnswer): ErrorBody {
  const text = answer.body.toString('utf8');
  const parsed = parseObject(text);
  const parameters = parsed['parameters'];
  const nested =
    typeof parameters === 'object' && parameters !== null && 'location' in parameters ? parameters.location : undefined;
  return {
    code: stringOr(parsed['code'], ''),
    message: stringOr(parsed['message'], text),
    location: [answer.headers.location, parsed['location'], nested].find((value) => typeof value === 'string'),
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

function stringOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
