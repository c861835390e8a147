import { LIMITS } from '@godwit/protocol';
import { NbdProtocolError } from './protocolError.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string of the specification ("Conventions": UTF-8 without NUL), or undefined when it is none. Its length is the caller's to judge. */
export function parseText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A string that must be one. @throws NbdProtocolError */
export function requireText(bytes: Uint8Array, what: string): string {
  const text = parseText(bytes);
  if (text === undefined) throw new NbdProtocolError(`${what} is no UTF-8 text`);
  return text;
}

/** UTF-8 of at most so many bytes, cut between characters; by default of the longest string there is. */
export function cutText(text: string, bytesMaximum: number = LIMITS.nbdNameBytes): Buffer {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, bytesMaximum);
  // The bytes of a character behind its first are 10xxxxxx.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
