import type { VmManifest } from '@godwit/qemu';

export function manifestWith(changes: Partial<VmManifest> = {}): VmManifest {
  return {
    name: 'web',
    uuid: '6a2f6a0e-0c0b-4c6e-9f4c-0b3f6f5b7a11',
    qemu: { binary: 'qemu-system-x86_64', args: [] },
    machine: 'pc-q35-7.2',
    accel: 'tcg',
    cpu: { model: 'qemu64', count: 1 },
    memory: { bytes: 64 * 1024 * 1024 },
    disks: [
      { name: 'root', path: '/srv/root.raw' },
      { name: 'data', path: '/srv/data.raw', shared: true },
    ],
    nics: [],
    ...changes,
  };
}
