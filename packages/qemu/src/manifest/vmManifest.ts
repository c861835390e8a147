/** What a guest consists of, as Godwit starts it at either host. `vm.json` is its written form: see parseManifest. */
export interface VmManifest {
  readonly name: string;
  readonly uuid: string;
  readonly qemu: { readonly binary: string; readonly args: readonly string[] };
  /** A type with its version, such as pc-q35-7.2. */
  readonly machine: string;
  readonly accel: 'tcg' | 'kvm';
  readonly cpu: { readonly model: string; readonly count: number };
  readonly memory: { readonly bytes: number; readonly path?: string };
  readonly disks: readonly VmDisk[];
  readonly nics: readonly VmNic[];
  readonly kernel?: VmKernel;
  readonly console?: { readonly path: string };
}

export interface VmDisk {
  readonly name: string;
  readonly path: string;
  /** Both hosts reach the same storage at this path, so it does not move. */
  readonly shared?: boolean;
  readonly serial?: string;
  readonly readOnly?: boolean;
}

export interface VmNic {
  readonly name: string;
  readonly mac: string;
  readonly netdev: VmNetdev;
}

export type VmNetdev =
  | { readonly type: 'user'; readonly forwards?: readonly VmForward[] }
  | { readonly type: 'bridge'; readonly bridge: string }
  | { readonly type: 'tap'; readonly ifname: string };

export interface VmForward {
  readonly protocol: 'tcp' | 'udp';
  /** An address of the host; all of them unless given. */
  readonly host?: string;
  readonly hostPort: number;
  readonly guestPort: number;
}

export interface VmKernel {
  readonly path: string;
  readonly initrd?: string;
  readonly append?: string;
}
