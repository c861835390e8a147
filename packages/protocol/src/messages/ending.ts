import { godwit } from '../../generated/messages.js';
import { text } from '../checks.js';
import { LIMITS } from '../limits.js';
import type { Message } from '../message.js';

export const Failure: Message<'Failure'> = {
  encode: (header, writer) => godwit.Failure.encode(header, writer),
  decode(reader, headerBytes) {
    const { code, message, detail } = godwit.Failure.decode(reader, headerBytes);
    return { code, message, detail };
  },
  trim: (header) => ({ code: header.code, message: cut(header.message), detail: cut(header.detail) }),
  problem: (header) => text('code', header.code) ?? text('message', header.message) ?? text('detail', header.detail),
};

export const HookResult: Message<'HookResult'> = {
  encode: (header, writer) => godwit.HookResult.encode(header, writer),
  decode(reader, headerBytes) {
    const { hook, error } = godwit.HookResult.decode(reader, headerBytes);
    return { hook, error };
  },
  trim: (header) => ({ hook: header.hook, error: cut(header.error) }),
  problem: (header) => text('hook', header.hook) ?? text('error', header.error),
};

export const Cancel: Message<'Cancel'> = {
  encode: (header, writer) => godwit.Cancel.encode(header, writer),
  decode(reader, headerBytes) {
    const { code, reason } = godwit.Cancel.decode(reader, headerBytes);
    return { code, reason };
  },
  trim: (header) => ({ code: header.code, reason: cut(header.reason) }),
  problem: (header) => text('code', header.code) ?? text('reason', header.reason),
};

export const Cancelled: Message<'Cancelled'> = {
  encode: (header, writer) => godwit.Cancelled.encode(header, writer),
  decode(reader, headerBytes) {
    godwit.Cancelled.decode(reader, headerBytes);
    return {};
  },
  problem: () => undefined,
};

/**
 * Error text as long as the wire takes it: a long message from a system or a hook must not turn the
 * report of an error into another one. Half a surrogate pair at the end arrives as U+FFFD.
 */
function cut(value: string): string {
  return value.slice(0, LIMITS.textCharacters);
}
