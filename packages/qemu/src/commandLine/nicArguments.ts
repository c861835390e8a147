import type { VmForward, VmManifest, VmNetdev } from '../manifest/vmManifest.js';
import { option } from './option.js';
import { nicPlace } from './places.js';

/** Bridges and tap interfaces of the source, and what stands for each here. */
export type NicMap = Readonly<Record<string, string>>;

/** The netdev of each network card, and its virtio-net device. */
export function nicArguments({ nics, machine }: VmManifest, map: NicMap = {}): string[] {
  return nics.flatMap(({ mac, netdev }, index) => {
    const id = `net${index}`;
    // The ROM for booting from the network is a part of the device's state with its length, which differs between versions of ipxe.
    const device = { id: `virtio-${id}`, netdev: id, mac, ...nicPlace(machine, index), romfile: '' };
    return ['-netdev', netdevOption(id, mapNetdev(netdev, map)), '-device', option('virtio-net-pci', device)];
  });
}

/** The same netdev with the bridge or the interface that stands for it here. */
export function mapNetdev(netdev: VmNetdev, map: NicMap): VmNetdev {
  if (netdev.type === 'bridge') return { ...netdev, bridge: mapped(netdev.bridge, map) };
  if (netdev.type === 'tap') return { ...netdev, ifname: mapped(netdev.ifname, map) };
  return netdev;
}

function mapped(name: string, map: NicMap): string {
  return (Object.hasOwn(map, name) ? map[name] : undefined) ?? name;
}

function netdevOption(id: string, netdev: VmNetdev): string {
  switch (netdev.type) {
    case 'bridge':
      return option('bridge', { id, br: netdev.bridge });
    case 'tap':
      return option('tap', { id, ifname: netdev.ifname, script: 'no', downscript: 'no' });
    case 'user':
      return [option('user', { id }), ...(netdev.forwards ?? []).map((one) => `hostfwd=${forward(one)}`)].join(',');
  }
}

function forward({ protocol, host = '', hostPort, guestPort }: VmForward): string {
  return `${protocol}:${host}:${hostPort}-:${guestPort}`;
}
