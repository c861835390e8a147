import type { Agent } from 'node:http';
import {
  type ClientTls,
  errorBodyOf,
  type HttpAnswer,
  type HttpCall,
  httpCall,
  keepAliveAgent,
  NoAnswer,
} from '../harness/httpCall.js';
import type { IntendedWrite } from './history.js';

/** What an attempt to write came to. `retry` and `refused` both promise that nothing was written. */
export type WriteAnswer =
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'moved'; readonly location: string }
  | { readonly kind: 'retry'; readonly code: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unknown'; readonly problem: string };

/** Where writes go; `url` is the image's. */
export interface WriteTarget {
  write(url: string, intended: IntendedWrite, content: Uint8Array): Promise<WriteAnswer>;
  close(): void;
}

/** Codes after which the same write is tried again: the agent said that a later try can succeed. */
const RETRIED = new Set(['E_COLD', 'E_SHUTDOWN', 'E_OUTCOME_UNKNOWN', 'E_TOO_MANY']);

/** The HTTP write-intercept of either agent over kept connections, one for each concurrent writer. */
export function httpTarget(writers: number, token?: string, tls?: ClientTls): WriteTarget {
  const agent = keepAliveAgent(writers, tls);
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    write: async (url, intended, content) => {
      try {
        return answerOf(await httpCall(callOf(url, intended, content, agent, authorization)));
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        return error.sent ? { kind: 'unknown', problem: error.message } : { kind: 'retry', code: 'ECONNREFUSED' };
      }
    },
    close: () => agent.destroy(),
  };
}

function callOf(
  url: string,
  intended: IntendedWrite,
  content: Uint8Array,
  agent: Agent,
  headers: Record<string, string>,
): HttpCall {
  const { operation, offset, length } = intended;
  if (operation === 'write') {
    return {
      method: 'PUT',
      url: `${url}/bytes?offset=${offset}`,
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      body: content,
      agent,
    };
  }
  return {
    method: 'POST',
    url: `${url}/${operation}`,
    headers: { ...headers, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ offset, length })),
    agent,
  };
}

function answerOf(answer: HttpAnswer): WriteAnswer {
  if (answer.status >= 200 && answer.status < 300) return { kind: 'acknowledged' };
  const { code, message, location } = errorBodyOf(answer);
  if (code === 'E_MOVED' && location !== undefined) return { kind: 'moved', location };
  if (RETRIED.has(code)) return { kind: 'retry', code };
  // A 500 says nothing about how far the write came; every other refusal is a promise.
  if (answer.status === 500) return { kind: 'unknown', problem: `${code}: ${message}` };
  return { kind: 'refused', code: code === '' ? String(answer.status) : code, message };
}
