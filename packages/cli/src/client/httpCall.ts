import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** One HTTP request as the client needs it. */
export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** What is shown and believed where the URL says https; by default whom Node.js trusts. */
  readonly tls?: ClientTls | undefined;
}

/** PEM. */
export interface ClientTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Sends a request and gives the answer with its body still to be read. Not fetch: that answers a 421,
 * which is how an agent says that an image has moved, by sending the request once more by itself, and
 * then fails because the body is gone (Fetch standard, "HTTP-network-or-cache fetch", status 421).
 */
export async function httpCall(url: string, call: HttpCall): Promise<IncomingMessage> {
  const { method, signal, body, tls } = call;
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    // A connection of its own: calls are few, and one that idled may be closing just when a cancel is sent.
    const outgoing = request(url, { ...tls, agent: false, method, signal, headers: { ...call.headers, ...length } });
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The whole body as text; throws when the connection breaks before its end. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer.setEncoding('utf8')) text += String(piece);
  return text;
}
