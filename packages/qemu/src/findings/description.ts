import type { NicMap } from '../commandLine/nicArguments.js';
import type { VmManifest } from '../manifest/vmManifest.js';
import type { QemuVersion } from '../qmp/qmpMessage.js';

/** A guest as a destination needs to know it. It crosses the wire as JSON. */
export interface VmDescription {
  readonly manifest: VmManifest;
  /** Of the QEMU that runs it; undefined when none does. */
  readonly qemuVersion?: QemuVersion;
  /** Of the source's processors, where the guest sees them. */
  readonly cpuFlags?: readonly string[];
  /** By name, of the disks that move. */
  readonly diskBytes: Readonly<Record<string, number>>;
  /** Of kernel and initrd, by their paths: the device state has none of them, but a guest that boots again has. */
  readonly fileBytes?: Readonly<Record<string, number>>;
}

export interface QemuAbilities {
  readonly version: QemuVersion;
  readonly machines: readonly string[];
  readonly accels: readonly string[];
  readonly cpuModels: readonly string[];
}

/** A host as it is just now, for one guest. */
export interface HostDescription {
  /** Or why there is none. */
  readonly qemu: QemuAbilities | { readonly problem: string };
  readonly kvmUsable: boolean;
  readonly cpuFlags: readonly string[];
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  /** Where images come to be; room is undefined when there is no such folder. */
  readonly folder: { readonly path: string; readonly availableBytes: number | undefined };
  readonly interfaces: readonly string[];
  readonly bridges: readonly string[];
  /** Bytes of each file that has to be at the same path here; undefined where there is none. */
  readonly files: Readonly<Record<string, number | undefined>>;
  /** Undefined when a guest's memory can be a file here; else what is missing. */
  readonly fuseProblem: string | undefined;
  readonly uuidsInUse: readonly string[];
  readonly namesInUse: readonly string[];
  /** Of the guest's forwards, such as `tcp 0.0.0.0:2222`. */
  readonly portsTaken: readonly string[];
  /** Where file systems by FUSE are mounted. */
  readonly fuseMounts: readonly string[];
  readonly mapNics: NicMap;
}
