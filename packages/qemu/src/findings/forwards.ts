import type { VmForward, VmManifest } from '../manifest/vmManifest.js';

/** Ports of the host that lead to the guest. */
export function forwardsOf({ nics }: VmManifest): VmForward[] {
  return nics.flatMap(({ netdev }) => (netdev.type === 'user' ? (netdev.forwards ?? []) : []));
}

export function shownForward({ protocol, host = '0.0.0.0', hostPort }: VmForward): string {
  return `${protocol} ${host}:${hostPort}`;
}
