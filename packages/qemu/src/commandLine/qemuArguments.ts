import type { VmManifest } from '../manifest/vmManifest.js';
import { type DiskPlace, diskArguments } from './diskArguments.js';
import { type NicMap, nicArguments } from './nicArguments.js';
import { option } from './option.js';

/** What of a guest's command line is this host's and not the guest's. */
export interface VmPlace {
  /** The file that is the guest's memory; its length is the manifest's. */
  readonly ramFile: string;
  readonly qmpSocket: string;
  readonly pidFile?: string;
  /** By name, for each disk that is not shared. */
  readonly disks: Readonly<Record<string, DiskPlace>>;
  /** To take over device state, rather than to boot. */
  readonly incoming: boolean;
  /** Nothing runs until `cont`, whatever state arrives. */
  readonly paused?: boolean;
  readonly mapNics?: NicMap;
}

/**
 * The arguments of QEMU for a guest at a place. For one manifest the devices, their names and their places are the same at every host, as
 * device state is tied to them; the manifest's own arguments come last.
 */
export function qemuArguments(manifest: VmManifest, place: VmPlace): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-name', manifest.name, '-uuid', manifest.uuid],
    ...machineArguments(manifest, place.ramFile),
    ...['-chardev', option('socket', { id: 'qmp', path: place.qmpSocket, server: true, wait: false })],
    ...['-mon', 'chardev=qmp,mode=control'],
    ...(place.pidFile === undefined ? [] : ['-pidfile', place.pidFile]),
    ...diskArguments(manifest, place.disks),
    ...nicArguments(manifest, place.mapNics),
    ...kernelArguments(manifest),
    ...consoleArguments(manifest),
    ...(place.incoming ? ['-incoming', 'defer'] : []),
    ...(place.paused === true ? ['-S'] : []),
    ...manifest.qemu.args,
  ];
}

function machineArguments({ machine, accel, cpu, memory }: VmManifest, ramFile: string): string[] {
  const size = memory.bytes;
  return [
    ...['-machine', option(machine, { accel, 'memory-backend': 'ram0' })],
    ...['-object', option('memory-backend-file', { id: 'ram0', size, 'mem-path': ramFile, share: true })],
    ...['-m', `size=${size}B`],
    ...['-cpu', cpu.model, '-smp', `${cpu.count}`],
  ];
}

function kernelArguments({ kernel }: VmManifest): string[] {
  if (kernel === undefined) return [];
  return [
    ...['-kernel', kernel.path],
    ...(kernel.initrd === undefined ? [] : ['-initrd', kernel.initrd]),
    ...(kernel.append === undefined ? [] : ['-append', kernel.append]),
  ];
}

/** What the guest said before is kept, at the destination too. */
function consoleArguments(manifest: VmManifest): string[] {
  if (manifest.console === undefined) return [];
  const file = option('file', { id: 'console', path: manifest.console.path, append: true });
  return ['-chardev', file, '-serial', 'chardev:console'];
}
