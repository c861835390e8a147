/** Each thing that can be told of a guest and a host. */
export type FindingCode =
  | 'qemu-missing'
  | 'qemu-older'
  | 'qemu-newer'
  | 'qemu-build'
  | 'machine-unknown'
  | 'accel-missing'
  | 'kvm-unusable'
  | 'cpu-model-unknown'
  | 'cpu-flags-missing'
  | 'memory-too-large'
  | 'memory-tight'
  | 'memory-not-served'
  | 'room-short'
  | 'room-unknown'
  | 'fuse-missing'
  | 'bridge-missing'
  | 'interface-missing'
  | 'port-taken'
  | 'uuid-in-use'
  | 'name-in-use'
  | 'file-missing'
  | 'file-differs'
  | 'path-twice'
  | 'path-nested'
  | 'folder-in-fuse'
  | 'storage-not-shared';

/** An error keeps the guest from starting there, a warning may, and a note is good to know. */
export type Severity = 'error' | 'warning' | 'note';

export interface Finding {
  readonly severity: Severity;
  /** A FindingCode, or one of a later version at the other host. */
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly mend: string;
}

export function finding(severity: Severity, code: FindingCode, what: string, why: string, mend: string): Finding {
  return { severity, code, what, why, mend };
}
