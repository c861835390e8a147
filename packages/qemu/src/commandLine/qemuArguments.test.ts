import { describe, expect, it } from 'vitest';
import { testManifest } from '../testing/manifests.js';
import { qemuArguments } from './qemuArguments.js';

const PLACE = { ramFile: '/run/ram', qmpSocket: '/run/qmp.sock', disks: {}, incoming: false };

const FULL = testManifest({
  disks: [
    { name: 'root', path: '/images/root.img', serial: 'ROOT' },
    { name: 'data', path: '/san/a,b.img', shared: true, readOnly: true },
  ],
  nics: [
    {
      name: 'lan',
      mac: '52:54:00:00:00:01',
      netdev: { type: 'user', forwards: [{ protocol: 'tcp', host: '127.0.0.1', hostPort: 2222, guestPort: 22 }] },
    },
    { name: 'wan', mac: '52:54:00:00:00:02', netdev: { type: 'bridge', bridge: 'br0' } },
    { name: 'dmz', mac: '52:54:00:00:00:03', netdev: { type: 'tap', ifname: 'tap0' } },
  ],
  kernel: { path: '/boot/vmlinuz', initrd: '/boot/initrd', append: 'console=ttyS0 quiet' },
  console: { path: '/var/log/guest.log' },
  qemu: { binary: 'qemu-system-x86_64', args: ['-device', 'virtio-rng-pci'] },
});
const FULL_PLACE = { ...PLACE, disks: { root: { socket: '/run/nbd.sock', export: 'root' } } };

/** What stands behind each `flag`. */
function valuesOf(args: readonly string[], flag: string): string[] {
  return args.flatMap((arg, index) => (arg === flag ? [args[index + 1] ?? ''] : []));
}

describe('the command line of a guest', () => {
  it('has its memory in a shared file and nothing that was not asked for', () => {
    expect(qemuArguments(testManifest(), PLACE)).toEqual([
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-name', 'guest'],
      ...['-uuid', '6f6f4ea5-47a1-4d70-8d63-6a3a4bd3b8a1', '-machine', 'pc-q35-7.2,accel=tcg,memory-backend=ram0'],
      ...['-object', 'memory-backend-file,id=ram0,size=67108864,mem-path=/run/ram,share=on', '-m', 'size=67108864B'],
      ...['-cpu', 'qemu64', '-smp', '1', '-chardev', 'socket,id=qmp,path=/run/qmp.sock,server=on,wait=off'],
      ...['-mon', 'chardev=qmp,mode=control'],
    ]);
  });

  it('has moving disks over NBD and shared ones as files past the page cache, each raw, at places of their own', () => {
    const args = qemuArguments(FULL, FULL_PLACE);
    expect(valuesOf(args, '-blockdev')).toEqual([
      'driver=nbd,node-name=disk0-nbd,server.type=unix,server.path=/run/nbd.sock,export=root,reconnect-delay=3600,read-only=off,discard=unmap',
      'driver=raw,node-name=disk0,file=disk0-nbd,read-only=off,discard=unmap',
      'driver=file,node-name=disk1-file,filename=/san/a,,b.img,cache.direct=on,read-only=on,discard=unmap',
      'driver=raw,node-name=disk1,file=disk1-file,read-only=on,discard=unmap',
    ]);
    expect(valuesOf(args, '-device').slice(0, 2)).toEqual([
      'virtio-blk-pci,id=virtio-disk0,drive=disk0,bus=pcie.0,addr=0xa,cyls=16383,heads=16,secs=63,werror=stop,rerror=stop,serial=ROOT',
      'virtio-blk-pci,id=virtio-disk1,drive=disk1,bus=pcie.0,addr=0xb,cyls=16383,heads=16,secs=63,werror=stop,rerror=stop',
    ]);
  });

  it('has its network cards on what stands for their bridges and interfaces here', () => {
    const args = qemuArguments(FULL, { ...FULL_PLACE, mapNics: { br0: 'br1', tap0: 'tap7', toString: 'x' } });
    expect(valuesOf(args, '-netdev')).toEqual([
      'user,id=net0,hostfwd=tcp:127.0.0.1:2222-:22',
      'bridge,id=net1,br=br1',
      'tap,id=net2,ifname=tap7,script=no,downscript=no',
    ]);
    expect(valuesOf(args, '-device').slice(2)).toEqual([
      'virtio-net-pci,id=virtio-net0,netdev=net0,mac=52:54:00:00:00:01,bus=pcie.0,addr=0x2,romfile=',
      'virtio-net-pci,id=virtio-net1,netdev=net1,mac=52:54:00:00:00:02,bus=pcie.0,addr=0x3,romfile=',
      'virtio-net-pci,id=virtio-net2,netdev=net2,mac=52:54:00:00:00:03,bus=pcie.0,addr=0x4,romfile=',
      'virtio-rng-pci',
    ]);
  });

  it('has its kernel and its console, and its own arguments last', () => {
    const args = qemuArguments(FULL, FULL_PLACE);
    expect(valuesOf(args, '-append')).toEqual(['console=ttyS0 quiet']);
    expect(valuesOf(args, '-initrd')).toEqual(['/boot/initrd']);
    expect(valuesOf(args, '-chardev')[1]).toBe('file,id=console,path=/var/log/guest.log,append=on');
    expect(args.slice(-2)).toEqual(['-device', 'virtio-rng-pci']);
  });

  it('differs at the destination in what is its host and in waiting', () => {
    const here = qemuArguments(FULL, FULL_PLACE);
    const there = qemuArguments(FULL, { ...FULL_PLACE, incoming: true, paused: true, pidFile: '/run/pid' });
    const more = there.filter((arg) => !here.includes(arg));
    expect(more).toEqual(['-pidfile', '/run/pid', '-incoming', 'defer', '-S']);
  });

  it('names the root bus of a pc as that does', () => {
    const args = qemuArguments({ ...FULL, machine: 'pc-i440fx-7.2' }, FULL_PLACE);
    expect(
      valuesOf(args, '-device')
        .slice(0, 5)
        .every((device) => device.includes('bus=pci.0,')),
    ).toBe(true);
  });

  it('cannot be made when a disk has no export', () => {
    expect(() => qemuArguments(FULL, PLACE)).toThrow('no export was given for disk root');
  });
});
