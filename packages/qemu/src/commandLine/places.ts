import { QEMU_BOUNDS } from '../bounds.js';

/**
 * Where devices are on the root bus. Device state names them by their places, so these are part of what the two hosts agree on: they
 * come from the manifest's order alone and never change for a version of Godwit. 0 and 1 are the chipset's on a pc, 0x1a and above on a
 * q35; what stands in the manifest's own arguments comes last on the command line and takes what is free.
 */
const FIRST_NIC = 0x02;
const FIRST_DISK = FIRST_NIC + QEMU_BOUNDS.nics;

interface BusPlace {
  readonly bus: string;
  readonly addr: string;
}

export function nicPlace(machine: string, index: number): BusPlace {
  return placeOf(machine, FIRST_NIC + index);
}

export function diskPlace(machine: string, index: number): BusPlace {
  return placeOf(machine, FIRST_DISK + index);
}

function placeOf(machine: string, slot: number): BusPlace {
  return { bus: machine.startsWith('pc-i440fx-') ? 'pci.0' : 'pcie.0', addr: `0x${slot.toString(16)}` };
}
