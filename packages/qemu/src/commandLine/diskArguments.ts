import { QEMU_BOUNDS } from '../bounds.js';
import type { VmDisk, VmManifest } from '../manifest/vmManifest.js';
import { option } from './option.js';
import { diskPlace } from './places.js';

/** The NBD export that a disk is served as here. */
export interface DiskPlace {
  readonly socket: string;
  readonly export: string;
}

/**
 * Without it QEMU reads the first sector as it starts, to guess one from a partition table (hw/block/hd-geometry.c): seen with a
 * server that counts, one read without and none with it. The destination's disk may not be there yet. It is the largest that ATA knows, and
 * no system that speaks virtio uses it.
 */
const GEOMETRY = { cyls: 16_383, heads: 16, secs: 63 };

/** Requests that fail stop the guest, which `cont` lets try again: an agent that is away too long costs time and no file system. */
const ON_ERROR = { werror: 'stop', rerror: 'stop' };

/** The nodes of each disk, and its virtio-blk device. */
export function diskArguments({ disks, machine }: VmManifest, places: Readonly<Record<string, DiskPlace>>): string[] {
  return disks.flatMap((disk, index) => {
    const node = `disk${index}`;
    const nodes = disk.shared === true ? sharedNodes(node, disk) : exportNodes(node, disk, placeOf(disk, places));
    const device = {
      id: `virtio-${node}`,
      drive: node,
      ...diskPlace(machine, index),
      ...GEOMETRY,
      ...ON_ERROR,
      serial: disk.serial,
    };
    return [...nodes.flatMap((text) => ['-blockdev', text]), '-device', option('virtio-blk-pci', device)];
  });
}

function exportNodes(node: string, disk: VmDisk, place: DiskPlace): string[] {
  const readOnly = disk.readOnly === true;
  const server = { 'server.type': 'unix', 'server.path': place.socket, export: place.export };
  const under = {
    'node-name': `${node}-nbd`,
    ...server,
    'reconnect-delay': QEMU_BOUNDS.reconnectDelaySeconds,
    'read-only': readOnly,
    discard: 'unmap',
  };
  return [option('driver=nbd', under), rawNode(node, `${node}-nbd`, readOnly)];
}

/** Without the host's page cache: the other host would not see what is in it, nor be seen by it. */
function sharedNodes(node: string, disk: VmDisk): string[] {
  const readOnly = disk.readOnly === true;
  const under = {
    'node-name': `${node}-file`,
    filename: disk.path,
    'cache.direct': true,
    'read-only': readOnly,
    discard: 'unmap',
  };
  return [option('driver=file', under), rawNode(node, `${node}-file`, readOnly)];
}

function rawNode(node: string, file: string, readOnly: boolean): string {
  return option('driver=raw', { 'node-name': node, file, 'read-only': readOnly, discard: 'unmap' });
}

function placeOf(disk: VmDisk, places: Readonly<Record<string, DiskPlace>>): DiskPlace {
  const place = Object.hasOwn(places, disk.name) ? places[disk.name] : undefined;
  if (place === undefined) throw new Error(`no export was given for disk ${disk.name}`);
  return place;
}
