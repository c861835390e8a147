import { describe, expect, it } from 'vitest';
import type { VmManifest } from '../manifest/vmManifest.js';
import { testManifest } from '../testing/manifests.js';
import { compareHosts } from './compareHosts.js';
import type { HostDescription, QemuAbilities, VmDescription } from './description.js';

const GIB = 1024 ** 3;
const VERSION = { major: 7, minor: 2, micro: 22, package: 'Debian' };
const MANIFEST = testManifest({
  memory: { bytes: GIB },
  disks: [
    { name: 'root', path: '/images/root.img' },
    { name: 'data', path: '/san/data.img', shared: true },
  ],
  nics: [
    { name: 'lan', mac: '52:54:00:00:00:01', netdev: { type: 'bridge', bridge: 'br0' } },
    { name: 'wan', mac: '52:54:00:00:00:02', netdev: { type: 'tap', ifname: 'tap0' } },
    {
      name: 'admin',
      mac: '52:54:00:00:00:03',
      netdev: { type: 'user', forwards: [{ protocol: 'tcp', hostPort: 2222, guestPort: 22 }] },
    },
  ],
  kernel: { path: '/boot/vmlinuz', initrd: '/boot/initrd' },
});
const QEMU: QemuAbilities = {
  version: VERSION,
  machines: ['pc-q35-7.2'],
  accels: ['tcg', 'kvm'],
  cpuModels: ['qemu64', 'host', 'Haswell'],
};
const HERE: HostDescription = {
  qemu: QEMU,
  kvmUsable: true,
  cpuFlags: ['sse', 'avx'],
  memory: { totalBytes: 8 * GIB, availableBytes: 4 * GIB },
  folder: { path: '/var/godwit', availableBytes: 20 * GIB },
  interfaces: ['eth0', 'br0', 'tap0'],
  bridges: ['br0'],
  files: { '/boot/vmlinuz': 100, '/boot/initrd': 200, '/san/data.img': 300 },
  fuseProblem: undefined,
  uuidsInUse: ['00000000-0000-0000-0000-000000000000'],
  namesInUse: ['other'],
  portsTaken: [],
  fuseMounts: ['/sys/fs/fuse/connections'],
  mapNics: {},
};
const VM: VmDescription = { manifest: MANIFEST, qemuVersion: VERSION, diskBytes: { root: 10 * GIB } };

interface Change {
  readonly here?: Partial<HostDescription>;
  readonly qemu?: Partial<QemuAbilities>;
  readonly vm?: Partial<VmDescription>;
  readonly manifest?: Partial<VmManifest>;
}

function findingsAfter({ here, qemu, vm, manifest }: Change) {
  const host = { ...HERE, qemu: { ...QEMU, ...qemu }, ...here };
  return compareHosts({ ...VM, ...vm, manifest: { ...(vm?.manifest ?? MANIFEST), ...manifest } }, host);
}

function told(change: Change): string[] {
  return findingsAfter(change).map(({ severity, code }) => `${severity} ${code}`);
}

const KVM = { accel: 'kvm' } as const;
const HOST_CPU = { ...KVM, cpu: { model: 'host', count: 1 } };

describe('a guest and a host that fit', () => {
  const FIT: [string, Change][] = [
    ['in all', {}],
    ['under kvm', { manifest: HOST_CPU, vm: { cpuFlags: ['sse'] } }],
    ['with flags that emulation does not need', { vm: { cpuFlags: ['avx512'] } }],
    ['with features of a model', { manifest: { cpu: { model: 'Haswell,+ssse3', count: 1 } } }],
    ['without kvm, which is not needed', { here: { kvmUsable: false }, qemu: { accels: ['tcg'] } }],
    ['with files of the same length', { vm: { fileBytes: { '/boot/vmlinuz': 100 } } }],
    [
      'by what stands for its bridge and its interface',
      { here: { bridges: ['br9'], interfaces: ['br9', 'tap9'], mapNics: { br0: 'br9', tap0: 'tap9' } } },
    ],
    ['with images beside a mount whose name begins alike', { here: { fuseMounts: ['/var/god'] } }],
    ['with just enough room', { here: { folder: { path: '/x', availableBytes: 11 * GIB } } }],
    ['with a guest without files', { vm: { manifest: testManifest(), diskBytes: {} }, here: { files: {} } }],
  ];
  it.each(FIT)('%s have nothing to tell', (_, change) => {
    expect(told(change)).toEqual([]);
  });
});

describe('a guest and a host that do not fit', () => {
  const WRONG: [string, Change, string[]][] = [
    ['QEMU is missing', { here: { qemu: { problem: 'ENOENT' } } }, ['error qemu-missing']],
    ['QEMU is older', { qemu: { version: { ...VERSION, minor: 1 } } }, ['error qemu-older']],
    ['QEMU is older by a major', { qemu: { version: { ...VERSION, major: 6, minor: 9 } } }, ['error qemu-older']],
    ['QEMU is newer', { qemu: { version: { ...VERSION, major: 8, minor: 0 } } }, ['note qemu-newer']],
    ['QEMU is another build', { qemu: { version: { ...VERSION, micro: 1 } } }, ['note qemu-build']],
    ['QEMU is another package', { qemu: { version: { ...VERSION, package: '' } } }, ['note qemu-build']],
    ['the machine is unknown', { qemu: { machines: ['pc-q35-7.1'] } }, ['error machine-unknown']],
    ['the accelerator is missing', { qemu: { accels: ['kvm'] } }, ['error accel-missing']],
    ['kvm is no part of QEMU', { manifest: KVM, qemu: { accels: ['tcg'] } }, ['error accel-missing']],
    ['kvm cannot be used', { manifest: KVM, here: { kvmUsable: false } }, ['error kvm-unusable']],
    ['the model is unknown', { manifest: { cpu: { model: 'EPYC', count: 1 } } }, ['error cpu-model-unknown']],
    ['a flag is missing', { manifest: HOST_CPU, vm: { cpuFlags: ['sse', 'avx2'] } }, ['error cpu-flags-missing']],
    ['a flag may be missing', { manifest: KVM, vm: { cpuFlags: ['avx2'] } }, ['warning cpu-flags-missing']],
    ['its memory is larger', { manifest: { memory: { bytes: 9 * GIB } } }, ['error memory-too-large']],
    ['its memory is more than is free', { manifest: { memory: { bytes: 5 * GIB } } }, ['warning memory-tight']],
    ['there is no room', { here: { folder: { path: '/x', availableBytes: 11 * GIB - 1 } } }, ['error room-short']],
    ['there is no folder', { here: { folder: { path: '/x', availableBytes: undefined } } }, ['error room-unknown']],
    ['there is no FUSE', { here: { fuseProblem: 'no FUSE' } }, ['error fuse-missing']],
    ['there is no bridge', { here: { bridges: [], interfaces: ['tap0'] } }, ['error bridge-missing']],
    ['its bridge is none', { here: { bridges: [] } }, ['error bridge-missing']],
    ['there is no interface', { here: { interfaces: ['br0'] } }, ['error interface-missing']],
    ['what stands for its bridge is missing', { here: { mapNics: { br0: 'br9' } } }, ['error bridge-missing']],
    ['its port is taken', { here: { portsTaken: ['tcp 0.0.0.0:2222'] } }, ['error port-taken']],
    ['its UUID is in use', { here: { uuidsInUse: [MANIFEST.uuid] } }, ['error uuid-in-use']],
    ['its name is in use', { here: { namesInUse: ['guest'] } }, ['error name-in-use']],
    [
      'its files are missing',
      { here: { files: {} } },
      ['error file-missing', 'error file-missing', 'error file-missing'],
    ],
    ['its kernel is another', { vm: { fileBytes: { '/boot/vmlinuz': 99 } } }, ['warning file-differs']],
    ['two paths are the same', { manifest: { console: { path: '/images/root.img' } } }, ['error path-twice']],
    [
      'one path is below another',
      { manifest: { memory: { bytes: GIB, path: '/images/root.img/ram' } } },
      ['error path-nested'],
    ],
    ['images come into a mount', { here: { fuseMounts: ['/var'] } }, ['warning folder-in-fuse']],
  ];
  it.each(WRONG)('are told that %s', (_, change, expected) => {
    expect(told(change)).toEqual(expected);
  });

  it('are not told of versions when no QEMU runs the guest', () => {
    const older = { ...HERE, qemu: { ...QEMU, version: { ...VERSION, major: 5 } } };
    expect(compareHosts({ manifest: MANIFEST, diskBytes: {} }, older)).toEqual([]);
  });

  it('are told of errors first, each with what is wrong, why and what mends it', () => {
    const findings = findingsAfter({
      qemu: { version: { ...VERSION, major: 8 } },
      manifest: { memory: { bytes: 5 * GIB } },
      here: { uuidsInUse: [MANIFEST.uuid] },
    });
    expect(findings.map(({ severity }) => severity)).toEqual(['error', 'warning', 'note']);
    for (const { what, why, mend } of findings) for (const text of [what, why, mend]) expect(text).not.toBe('');
  });

  it('are told of a few flags when many are missing', () => {
    const cpuFlags = Array.from({ length: 20 }, (_, index) => `flag${index}`);
    expect(findingsAfter({ manifest: HOST_CPU, vm: { cpuFlags } })[0]?.what).toContain('flag11 and 8 more');
  });
});
