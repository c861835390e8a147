/**
 * Options of QEMU that Godwit gives itself, each with the reason why a manifest's own arguments cannot have it. QEMU takes one dash or
 * two.
 */
const BY_FIELD: Readonly<Record<string, string>> = {
  machine: 'the field machine',
  M: 'the field machine',
  accel: 'the field accel',
  'enable-kvm': 'the field accel',
  cpu: 'the field cpu',
  smp: 'the field cpu',
  m: 'the field memory',
  'mem-path': 'the field memory',
  'mem-prealloc': 'the field memory',
  uuid: 'the field uuid',
  name: 'the field name',
  kernel: 'the field kernel',
  initrd: 'the field kernel',
  append: 'the field kernel',
  netdev: 'the field nics',
  nic: 'the field nics',
  net: 'the field nics',
};
const DISKS = ['drive', 'blockdev', 'hda', 'hdb', 'hdc', 'hdd', 'cdrom', 'fda', 'fdb', 'sd', 'pflash', 'mtdblock'];
const OURS = ['incoming', 'qmp', 'qmp-pretty', 'pidfile', 'daemonize', 'S', 'nodefaults', 'no-user-config', 'display'];
/** They bring in what cannot be seen here, or state that is not the guest's. */
const HIDDEN = ['readconfig', 'loadvm', 'snapshot', 'preconfig', 'numa'];

const OWN = new Map([
  ...Object.entries(BY_FIELD),
  ...DISKS.map((name) => [name, 'the field disks'] as const),
  ...OURS.map((name) => [name, 'nothing: Godwit gives it itself'] as const),
  ...HIDDEN.map((name) => [name, 'nothing: it cannot be moved'] as const),
]);

/** Kinds of devices and objects, by how they begin. */
const KINDS = [
  { option: 'device', begin: /^virtio-blk/, instead: 'the field disks' },
  { option: 'device', begin: /^virtio-net/, instead: 'the field nics' },
  { option: 'device', begin: /^(?:pc-dimm|nvdimm|virtio-mem|virtio-pmem)/, instead: 'the field memory' },
  { option: 'device', begin: /^(?:vfio-|ivshmem)/, instead: 'nothing: what belongs to a host cannot be moved' },
  { option: 'object', begin: /^memory-backend-/, instead: 'the field memory' },
];

/** What stands for an argument that Godwit gives itself; undefined for one that a manifest may have. `next` is the argument behind it. */
export function insteadOf(argument: string, next: string | undefined): string | undefined {
  const name = /^--?([^-=].*)$/.exec(argument)?.[1];
  if (name === undefined) return undefined;
  const kind = kindOf(next ?? '');
  return OWN.get(name) ?? KINDS.find(({ option, begin }) => option === name && begin.test(kind))?.instead;
}

/** `virtio-rng-pci,id=x`, `driver=virtio-rng-pci` and `{"driver": "virtio-rng-pci"}` are all ways to say it. */
function kindOf(value: string): string {
  const named = /(?:^|,)(?:driver|qom-type)=([^,]*)/.exec(value)?.[1];
  const inJson = /"(?:driver|qom-type)"\s*:\s*"([^"]*)"/.exec(value)?.[1];
  return named ?? inJson ?? value;
}
