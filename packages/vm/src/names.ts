import type { VmManifest } from '@godwit/qemu';

/** A virtual machine's images: memory, device state, and each disk that is not on shared storage. */
export interface VmImageNames {
  readonly ram: string;
  readonly state: string;
  /** Image name of each disk that moves, by the disk's name. */
  readonly disks: ReadonlyMap<string, string>;
}

export function imageNamesOf({ name, disks }: Pick<VmManifest, 'name' | 'disks'>): VmImageNames {
  const moving = disks.filter(({ shared }) => shared !== true);
  return {
    ram: `${name}-ram`,
    state: `${name}-state`,
    disks: new Map(moving.map((disk) => [disk.name, `${name}-${disk.name}`])),
  };
}

/** In the order of an offer; of a machine that is off, its disks alone. */
export function movingImages(manifest: VmManifest, isRunning: boolean): string[] {
  const { ram, state, disks } = imageNamesOf(manifest);
  return [...(isRunning ? [ram, state] : []), ...disks.values()];
}
