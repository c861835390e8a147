/** Where both daemons serve NBD. */
import { GodwitError } from '@godwit/errors';
import type { NbdOptions } from '../nbd/nbdService.js';
import type { AgentTls } from '../tls/agentTls.js';
import { parseAddress } from '../units/address.js';
import { asText, oneOf, option, optionalOption, switchOption } from './option.js';
import type { OptionValues } from './optionValues.js';
import { readNbdTls, TLS_OPTIONS } from './tlsOptions.js';

const NBD = optionalOption({
  flag: '--nbd',
  placeholder: 'HOST:PORT',
  help: 'serve images by NBD there; beyond loopback this needs --tls-ca',
  parse: parseAddress,
});
const NBD_UNIX = optionalOption({
  flag: '--nbd-unix',
  placeholder: 'PATH',
  help: 'serve images by NBD on a unix socket; who may connect is what its folder permits',
  parse: asText,
});
const NBD_FAREWELL = option({
  flag: '--nbd-farewell',
  placeholder: 'HOW',
  help: 'what NBD requests meet once their image has moved: eshutdown, or disconnect for QEMU without the proxy',
  fallback: 'eshutdown',
  parse: oneOf('eshutdown', 'disconnect'),
});
/** A destination's alone: at a source every image is there from the start. */
export const NBD_WAIT = switchOption({
  flag: '--nbd-wait',
  help: 'let an NBD client that asks for an image that has not arrived wait for it',
});

/** What both daemons offer, in the order of their help. */
export const NBD_OPTIONS = [NBD, NBD_UNIX, NBD_FAREWELL, ...TLS_OPTIONS] as const;

/** @throws GodwitError for the first value that is wrong */
export function readNbdOptions(values: OptionValues, wait: boolean, tls: AgentTls | undefined): NbdOptions {
  const tcp = values.get(NBD);
  const unixPath = values.get(NBD_UNIX);
  if (wait && tcp === undefined && unixPath === undefined) {
    throw new GodwitError('E_USAGE', { problem: '--nbd-wait needs --nbd or --nbd-unix' });
  }
  return {
    wait,
    farewell: values.get(NBD_FAREWELL),
    tls: readNbdTls(values, tcp, tls),
    ...(tcp === undefined ? {} : { tcp }),
    ...(unixPath === undefined ? {} : { unixPath }),
  };
}
