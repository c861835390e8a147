import type { VmManifest } from '../manifest/vmManifest.js';

/** A small guest without disks; what a test needs otherwise is `more`. */
export function testManifest(more: Partial<VmManifest> = {}): VmManifest {
  return {
    name: 'guest',
    uuid: '6f6f4ea5-47a1-4d70-8d63-6a3a4bd3b8a1',
    qemu: { binary: 'qemu-system-x86_64', args: [] },
    machine: 'pc-q35-7.2',
    accel: 'tcg',
    cpu: { model: 'qemu64', count: 1 },
    memory: { bytes: 64 * 1024 * 1024 },
    disks: [],
    nics: [],
    ...more,
  };
}
