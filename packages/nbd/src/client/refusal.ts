import { GodwitError } from '@godwit/errors';
import { OptionReply } from '../codec/constants.js';
import { formatNbdAddress, type NbdAddress } from './uri.js';

/** "Option reply types" in words, for servers that say nothing themselves. */
const WORDS = new Map<number, string>([
  [OptionReply.errUnsup, 'it does not know the option'],
  [OptionReply.errPolicy, 'forbidden there'],
  [OptionReply.errInvalid, 'it takes the option for invalid'],
  [OptionReply.errPlatform, 'not possible there'],
  [OptionReply.errTlsRequired, 'TLS is needed'],
  [OptionReply.errUnknown, 'there is no such export'],
  [OptionReply.errShutdown, 'it is shutting down'],
  [OptionReply.errBlockSizeRequired, 'it wants a certain block size'],
  [OptionReply.errTooBig, 'the option is too long for it'],
]);

/** E_NBD_REFUSED for an error reply to an option; `refusalOf` gives its type back. */
export function refusedBy(address: NbdAddress, name: string, reply: number, text: string): GodwitError {
  const problem = text === '' ? (WORDS.get(reply) ?? `option reply 0x${reply.toString(16)}`) : text;
  return new GodwitError('E_NBD_REFUSED', { address: formatNbdAddress(address), name, problem, reply });
}

/** OptionReply with which a server refused; undefined for any other error. */
export function refusalOf(error: unknown): number | undefined {
  if (!(error instanceof GodwitError) || error.code !== 'E_NBD_REFUSED') return undefined;
  const { reply } = error.parameters;
  return typeof reply === 'number' ? reply : undefined;
}
