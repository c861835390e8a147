import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { checkFuse } from '../ramFile/checkFuse.js';
import { testManifest } from '../testing/manifests.js';
import { scratchFolder } from '../testing/scratch.js';
import { QEMU, requireTool } from '../testing/tools.js';
import { describeHost } from './describeHost.js';

describe('this host', () => {
  beforeEach((context) => requireTool(context, QEMU));

  it('is told with its QEMU, its memory, its room and its interfaces', async () => {
    const folder = scratchFolder();
    const here = await describeHost({ manifest: testManifest(), folder, namesInUse: ['other'] });
    expect(here.qemu).toMatchObject({
      version: { major: expect.any(Number) },
      machines: expect.arrayContaining(['none', 'q35']),
      accels: expect.arrayContaining(['tcg']),
      cpuModels: expect.arrayContaining(['qemu64', 'max', 'Haswell']),
    });
    expect(here.memory.totalBytes).toBeGreaterThan(here.memory.availableBytes);
    expect(here.folder.availableBytes).toBeGreaterThan(0);
    expect(here.interfaces).toContain('lo');
    expect(here.bridges).not.toContain('lo');
    expect(here.cpuFlags).not.toEqual([]);
    expect(here.namesInUse).toEqual(['other']);
  });

  it('is told with the files that the guest needs and the ports that it wants', async () => {
    const folder = scratchFolder();
    const kernel = join(folder, 'vmlinuz');
    writeFileSync(kernel, 'kernel');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    onTestFinished(() => {
      server.close();
      socket.close();
    });
    const address = server.address();
    const tcpPort = typeof address === 'object' && address !== null ? address.port : 0;
    const udpPort = socket.address().port;
    const forwards = [
      { protocol: 'tcp', host: '127.0.0.1', hostPort: tcpPort, guestPort: 22 },
      { protocol: 'udp', host: '127.0.0.1', hostPort: udpPort, guestPort: 53 },
      { protocol: 'tcp', host: '127.0.0.2', hostPort: tcpPort, guestPort: 23 },
    ] as const;
    const manifest = testManifest({
      kernel: { path: kernel, initrd: join(folder, 'none') },
      nics: [{ name: 'lan', mac: '52:54:00:00:00:01', netdev: { type: 'user', forwards } }],
    });
    const here = await describeHost({ manifest, folder: join(folder, 'none') });
    expect(here.files).toEqual({ [kernel]: 6, [join(folder, 'none')]: undefined });
    expect(here.folder.availableBytes).toBeUndefined();
    expect(here.portsTaken).toEqual([`tcp 127.0.0.1:${tcpPort}`, `udp 127.0.0.1:${udpPort}`]);
  });

  it('counts the room of files that make way', async () => {
    const folder = scratchFolder();
    const standing = join(folder, 'disk.img');
    writeFileSync(standing, Buffer.alloc(8 * 1024 * 1024, 1));
    const manifest = testManifest({ qemu: { binary: 'no-such-qemu', args: [] } });
    const roomOf = async (files: readonly string[]) =>
      (await describeHost({ manifest, folder, standing: files })).folder.availableBytes ?? 0;
    // Others write to the same file system, megabytes at a time: it is named so often that these do not matter.
    const often = Array.from({ length: 256 }, () => standing);
    const more = (await roomOf([...often, join(folder, 'none')])) - (await roomOf([]));
    expect(more / 256).toBeGreaterThan(6 * 1024 * 1024);
    expect(more / 256).toBeLessThan(10 * 1024 * 1024);
  });

  it('is told without a QEMU', async () => {
    const manifest = testManifest({ qemu: { binary: 'no-such-qemu', args: [] } });
    const here = await describeHost({ manifest, folder: scratchFolder() });
    expect(here.qemu).toEqual({ problem: expect.stringContaining('ENOENT') });
  });

  it('says what a daemon lacks to make memory a file', async () => {
    const failing = join(scratchFolder(), 'daemon');
    writeFileSync(failing, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    for (const program of [failing, 'no-such-daemon']) {
      expect(await checkFuse([program])).toMatch(/cannot be run|\/dev\/fuse/);
    }
  });
});
