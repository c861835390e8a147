import { GodwitError } from '@godwit/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testManifest } from '../testing/manifests.js';
import { checkManifest, formatManifest, parseManifest } from './parseManifest.js';
import type { VmDisk, VmManifest, VmNic } from './vmManifest.js';

const LEAST = {
  name: 'web-1',
  uuid: '6F6F4EA5-47A1-4D70-8D63-6A3A4BD3B8A1',
  machine: 'pc-q35-7.2',
  accel: 'tcg',
  cpu: { model: 'qemu64', count: 2 },
  memory: { bytes: '256M' },
};
const NIC = { name: 'lan', mac: '52:54:00:00:00:01', netdev: { type: 'user' } };
const FORWARD = { protocol: 'tcp', hostPort: 2222, guestPort: 22 };

/** Each problem in a line, as the error's detail has them. */
function problemsOf(value: unknown): string[] {
  try {
    checkManifest(value);
    return [];
  } catch (error) {
    if (!(error instanceof GodwitError) || error.code !== 'E_MANIFEST') throw error;
    return (error.detail ?? '').split('\n');
  }
}

describe('a manifest', () => {
  it('has defaults for what may be left out, and sizes as they are written', () => {
    expect(checkManifest(LEAST)).toEqual({
      ...LEAST,
      uuid: LEAST.uuid.toLowerCase(),
      qemu: { binary: 'qemu-system-x86_64', args: [] },
      memory: { bytes: 256 * 1024 * 1024 },
      disks: [],
      nics: [],
    });
    expect(checkManifest({ ...LEAST, memory: { bytes: 33_554_432 } }).memory.bytes).toBe(33_554_432);
  });

  const WRONG: [string, object, string][] = [
    ['no name', { name: undefined }, 'name: it is missing; expected 1 to 40 of A-Z a-z 0-9 _ -'],
    ['a long name', { name: 'x'.repeat(41) }, `name: it is "${'x'.repeat(41)}"; expected 1 to 40 of A-Z a-z 0-9 _ -`],
    ['a name with a slash', { name: 'a/b' }, 'name: it is "a/b"; expected 1 to 40 of A-Z a-z 0-9 _ -'],
    ['an unknown field', { memroy: {} }, 'memroy: there is no such field; expected nothing there'],
    ['another accelerator', { accel: 'xen' }, 'accel: it is "xen"; expected tcg or kvm'],
    [
      'an alias',
      { machine: 'q35' },
      'machine: "q35" means another machine with each version of QEMU; expected a machine type with its version, such as pc-q35-7.2 (QEMU lists them: -machine help)',
    ],
    [
      'half a processor',
      { cpu: { model: 'qemu64', count: 0.5 } },
      'cpu.count: it is 0.5; expected a whole number, 1 to 1024',
    ],
    [
      'no size',
      { memory: { bytes: '256 MB' } },
      'memory.bytes: it is "256 MB"; expected a size such as 268435456 or "256M"',
    ],
    ['a small size', { memory: { bytes: '1M' } }, 'memory.bytes: it is "1M"; expected 16M to 4T, in steps of 1M'],
    [
      'an odd size',
      { memory: { bytes: 33_554_433 } },
      'memory.bytes: it is 33554433; expected 16M to 4T, in steps of 1M',
    ],
    [
      'a relative path',
      { disks: [{ name: 'a', path: 'a.img' }] },
      'disks[0].path: it is "a.img"; expected an absolute path of a file',
    ],
    [
      'one name for two disks',
      {
        disks: [
          { name: 'a', path: '/a' },
          { name: 'a', path: '/b' },
        ],
      },
      'disks[1].name: a is at disks[0].name already; expected another one',
    ],
    [
      'a group address',
      { nics: [{ ...NIC, mac: '01:00:5e:00:00:01' }] },
      'nics[0].mac: 01:00:5e:00:00:01 is no address of one card; expected an address such as 52:54:00:12:34:56',
    ],
    [
      'another netdev',
      { nics: [{ ...NIC, netdev: { type: 'vde' } }] },
      'nics[0].netdev.type: it is "vde"; expected user, bridge or tap',
    ],
    [
      'a bridge without its name',
      { nics: [{ ...NIC, netdev: { type: 'bridge' } }] },
      'nics[0].netdev.bridge: it is missing; expected the name of a network interface, 1 to 15 characters',
    ],
    [
      'a field of another netdev',
      { nics: [{ ...NIC, netdev: { type: 'user', bridge: 'br0' } }] },
      'nics[0].netdev.bridge: there is no such field; expected nothing there',
    ],
    [
      'a port that is none',
      { nics: [{ ...NIC, netdev: { type: 'user', forwards: [{ ...FORWARD, hostPort: 0 }] } }] },
      'nics[0].netdev.forwards[0].hostPort: it is 0; expected a port, 1 to 65535',
    ],
    [
      'a port for two',
      { nics: [{ ...NIC, netdev: { type: 'user', forwards: [FORWARD, FORWARD] } }] },
      'nics[0].netdev.forwards[1].hostPort: tcp 0.0.0.0:2222 is at nics[0].netdev.forwards[0].hostPort already; expected another one',
    ],
    [
      'the processor of the host under emulation',
      { cpu: { model: 'host', count: 1 } },
      'cpu.model: host is the processor of the host, and tcg emulates one; expected a model such as qemu64, or accel kvm',
    ],
  ];
  it.each(WRONG)('with %s is refused in one line', (_, change, line) => {
    expect(problemsOf({ ...LEAST, ...change })).toEqual([line]);
  });

  it('names all that is wrong', () => {
    const { accel: _, ...rest } = LEAST;
    expect(problemsOf({ ...rest, name: '', disks: [{ name: 'a' }] })).toHaveLength(3);
  });

  it.each([
    [['-m', '1G'], '-m'],
    [['--machine', 'q35'], '--machine'],
    [['-incoming', 'defer'], '-incoming'],
    [['-device', 'virtio-blk-pci,drive=x'], '-device'],
    [['-device', '{"driver": "virtio-blk-pci"}'], '-device'],
    [['-device', 'id=x,driver=virtio-net-pci'], '-device'],
    [['-object', 'memory-backend-ram,id=x'], '-object'],
    [['-drive', 'file=x'], '-drive'],
    [['-readconfig', 'x'], '-readconfig'],
    [['-device', 'vfio-pci,host=1:0.0'], '-device'],
  ])('may not give %j itself', (args, name) => {
    expect(problemsOf({ ...LEAST, qemu: { args } })[0]).toContain(
      `qemu.args[0]: ${name} is not for a manifest to give`,
    );
  });

  it('may give other devices and objects', () => {
    const args = ['-device', 'virtio-rng-pci', '-object', 'rng-random,id=r', '-rtc', 'base=utc', '-global', 'x.y=-m'];
    expect(problemsOf({ ...LEAST, qemu: { args } })).toEqual([]);
  });

  it.each([['[]'], ['null'], ['7'], ['{'], [''], [' '.repeat(2 * 1024 * 1024)]])('is not the text %.10j', (text) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: 'E_MANIFEST' }));
  });

  it('is the same when it is written and read again', () => {
    fc.assert(
      fc.property(manifests(), (manifest) => {
        expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
      }),
    );
  });

  it('is refused or read, whatever it is', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void problemsOf(value)));
    fc.assert(fc.property(fc.jsonValue(), (value) => void problemsOf({ ...LEAST, disks: [value], nics: [value] })));
  });
});

function manifests(): fc.Arbitrary<VmManifest> {
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
  const path = fc.stringMatching(/^(\/[a-z,. ]{0,5}[a-z]){1,3}$/);
  const disk: fc.Arbitrary<VmDisk> = fc.record(
    { name, path, shared: fc.boolean(), readOnly: fc.boolean(), serial: fc.stringMatching(/^[A-Z0-9]{1,20}$/) },
    { requiredKeys: ['name', 'path'] },
  );
  const mac = fc.nat({ max: 0xffff }).map((n) => `52:54:00:00:${hex(n >> 8)}:${hex(n & 0xff)}`);
  const nic: fc.Arbitrary<VmNic> = fc.record({
    name,
    mac,
    netdev: fc.oneof(
      fc.constant({ type: 'user' } as const),
      fc.record({ type: fc.constant('bridge' as const), bridge: name.map((text) => text.slice(0, 15)) }),
    ),
  });
  const size = fc.integer({ min: 16, max: 4 * 1024 * 1024 }).map((mib) => mib * 1024 * 1024);
  const unlike = <T>(one: fc.Arbitrary<T>, selector: (value: T) => string) =>
    fc.uniqueArray(one, { maxLength: 4, selector });
  return fc
    .record({
      name: name,
      memory: fc.record({ bytes: size, path }, { requiredKeys: ['bytes'] }),
      disks: unlike(disk, (one) => one.name),
      nics: unlike(nic, (one) => one.name).map((nics) =>
        nics.filter((one, i) => nics.findIndex((other) => other.mac === one.mac) === i),
      ),
      kernel: fc.record({ path, append: fc.string() }, { requiredKeys: ['path'] }),
    })
    .map((more) => testManifest(more));
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
