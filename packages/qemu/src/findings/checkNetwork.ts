import { mapNetdev } from '../commandLine/nicArguments.js';
import type { HostDescription, VmDescription } from './description.js';
import { type Finding, finding } from './finding.js';
import { forwardsOf, shownForward } from './forwards.js';

/** What each network card is connected to here. */
export function checkNetwork({ manifest }: VmDescription, here: HostDescription): Finding[] {
  const netdevs = manifest.nics.map(({ name, netdev }) => ({ name, netdev: mapNetdev(netdev, here.mapNics) }));
  const missing = netdevs.flatMap(({ name, netdev }) => {
    if (netdev.type === 'bridge' && !here.bridges.includes(netdev.bridge)) {
      return [lacking(name, 'bridge', netdev.bridge, here.interfaces.includes(netdev.bridge))];
    }
    if (netdev.type === 'tap' && !here.interfaces.includes(netdev.ifname))
      return [lacking(name, 'interface', netdev.ifname, false)];
    return [];
  });
  const taken = forwardsOf(manifest).filter((one) => here.portsTaken.includes(shownForward(one)));
  const mend = 'stop what listens there (ss -lntup shows it), or choose another port in the manifest';
  return [
    ...missing,
    ...taken.map((one) =>
      finding('error', 'port-taken', `${shownForward(one)} is taken here`, "the guest's forward listens there", mend),
    ),
  ];
}

function lacking(nic: string, kind: 'bridge' | 'interface', name: string, isOther: boolean): Finding {
  const what = isOther ? `${name} is no bridge here` : `there is no ${kind} ${name} here`;
  const mend = `create it, or name what stands for it here: --map-nic ${name}=OTHER`;
  return finding('error', `${kind}-missing`, what, `network card ${nic} is connected to it`, mend);
}
