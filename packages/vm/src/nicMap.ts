import type { VmManifest } from '@godwit/qemu';

type NicMap = Readonly<Record<string, string>>;

/** The manifest as it is for a host that calls its networks by other names: bridges, tap devices, and ports that are forwarded. */
export function mappedManifest(manifest: VmManifest, map: NicMap): VmManifest {
  const nics = manifest.nics.map((nic) => {
    const { netdev } = nic;
    if (netdev.type === 'bridge') return { ...nic, netdev: { ...netdev, bridge: map[netdev.bridge] ?? netdev.bridge } };
    if (netdev.type === 'tap') return { ...nic, netdev: { ...netdev, ifname: map[netdev.ifname] ?? netdev.ifname } };
    const forwards = netdev.forwards?.map((forward) => ({
      ...forward,
      hostPort: Number(map[String(forward.hostPort)] ?? forward.hostPort),
    }));
    return { ...nic, netdev: { ...netdev, ...(forwards === undefined ? {} : { forwards }) } };
  });
  return { ...manifest, nics };
}
