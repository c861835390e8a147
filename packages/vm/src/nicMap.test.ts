import type { VmNetdev } from '@godwit/qemu';
import { expect, it } from 'vitest';
import { mappedManifest } from './nicMap.js';
import { manifestWith } from './testing/manifest.js';

const nic = (netdev: VmNetdev) => ({ name: 'n', mac: '52:54:00:00:00:01', netdev });

it('gives bridges, tap devices and forwarded ports their names of the other host, and leaves the rest', () => {
  const forward = (hostPort: number) => ({ protocol: 'tcp' as const, hostPort, guestPort: 22 });
  const manifest = manifestWith({
    nics: [
      nic({ type: 'bridge', bridge: 'br0' }),
      nic({ type: 'tap', ifname: 'tap0' }),
      nic({ type: 'user', forwards: [forward(2222), forward(8080)] }),
      nic({ type: 'user' }),
    ],
  });
  const { nics } = mappedManifest(manifest, { br0: 'lan', tap0: 'tap7', '2222': '2223' });
  expect(nics.map(({ netdev }) => netdev)).toEqual([
    { type: 'bridge', bridge: 'lan' },
    { type: 'tap', ifname: 'tap7' },
    { type: 'user', forwards: [forward(2223), forward(8080)] },
    { type: 'user' },
  ]);
  expect(mappedManifest(manifest, {})).toEqual(manifest);
});
