import { networkInterfaces } from 'node:os';
import { type Address, isLoopback } from '@godwit/agent';

const ANY = ['0.0.0.0', '::', ''];

/**
 * Whether whoever dials `address` reaches what listens at `own`, as far as addresses tell: a name other than `localhost` is not
 * looked up. `interfaces`: the addresses of this machine.
 */
export function isOwnAddress(address: Address, own: Address, interfaces = addressesOfThisMachine()): boolean {
  if (address.port !== own.port) return false;
  if (address.host === own.host) return true;
  const isEverywhere = ANY.includes(own.host);
  if (isLoopback(address.host)) return isEverywhere || isLoopback(own.host);
  return isEverywhere && interfaces.includes(address.host);
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}
