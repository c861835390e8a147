import {
  createLogger,
  defineDaemon,
  isLoopback,
  LOG_LEVEL,
  type OptionValues,
  option,
  parsePositiveDuration,
  type RunningDaemon,
  requiredOption,
  switchOption,
} from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { formatNbdAddress, type NbdAddress, parseNbdAddress } from '@godwit/nbd';
import type { ProxyOptions } from '../startProxy.js';
import { readClientTls, TLS_OPTIONS } from './tlsOptions.js';
import { parseUpstreams } from './upstreams.js';

const LISTEN = requiredOption({
  flag: '--listen',
  placeholder: 'ADDRESS',
  help: 'where NBD clients connect: HOST:PORT or unix:PATH',
  parse: parseNbdAddress,
});
const TO = requiredOption({
  flag: '--to',
  placeholder: 'A,B',
  help: 'where the image may be, commas between: HOST:PORT or unix:PATH of each agent, nbds://HOST:PORT for one with TLS',
  parse: parseUpstreams,
});
const PATIENCE = option({
  flag: '--patience',
  placeholder: 'DURATION',
  help: 'how long requests are held while no address serves the image; then they fail and the client is closed',
  fallback: '5m',
  parse: parsePositiveDuration,
});

const INSECURE = switchOption({ flag: '--insecure', help: 'serve beyond loopback to whoever connects' });

const EXAMPLES = `Requests that are not answered are kept and sent again to the new owner: an NBD client stays connected while
its image moves, and sees one slow request.

Examples:
  godwit proxy --listen 127.0.0.1:10810 --to host1:10809,host2:10809
  godwit proxy --listen unix:/run/vm0.sock --to unix:/run/godwit-nbd.sock,host2:10809 --patience 1m
  godwit proxy --listen unix:/run/vm0.sock --to nbds://host1,nbds://host2 --tls-cert vm.pem --tls-key vm.key --tls-ca ca.pem
  qemu-system-x86_64 -drive driver=nbd,server.type=unix,server.path=/run/vm0.sock,export=vm0
`;

/** `godwit proxy`. */
export function proxyCommand(
  start: (options: ProxyOptions) => Promise<RunningDaemon>,
): ReturnType<typeof defineDaemon> {
  return defineDaemon({
    name: 'proxy',
    summary: 'Serve images over NBD from wherever they are, through their moves',
    examples: EXAMPLES,
    options: [LISTEN, TO, PATIENCE, ...TLS_OPTIONS, INSECURE, LOG_LEVEL],
    start: async (values) => start(readProxyOptions(values)),
  });
}

/** @throws GodwitError for the first value that is wrong */
function readProxyOptions(values: OptionValues): ProxyOptions {
  const listen = values.get(LISTEN);
  const to = values.get(TO);
  requireLoopback(listen, values.get(INSECURE));
  if (to.some(({ address }) => isSame(address, listen))) {
    throw new GodwitError('E_USAGE', { problem: `--to names what --listen names, ${formatNbdAddress(listen)}` });
  }
  const tls = readClientTls(values, to);
  return {
    listen,
    to,
    patienceMs: values.get(PATIENCE),
    logger: createLogger(values.get(LOG_LEVEL)),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** Whoever reaches the proxy reaches the images, and nothing asks who that is. @throws GodwitError E_INSECURE */
function requireLoopback(listen: NbdAddress, insecure: boolean): void {
  if (insecure || 'path' in listen || isLoopback(listen.host)) return;
  throw new GodwitError('E_INSECURE', {
    what: 'serving NBD on',
    address: formatNbdAddress(listen),
    needed: 'unix:PATH or 127.0.0.1',
  });
}

/** Port 0 is any free one, so nobody else's. */
function isSame(address: NbdAddress, listen: NbdAddress): boolean {
  return formatNbdAddress(address) === formatNbdAddress(listen);
}
