import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { qemuArguments } from '../commandLine/qemuArguments.js';
import { QemuMonitor } from '../driver/qemuMonitor.js';
import { endQemu, startQemu } from '../process/qemuProcess.js';
import { readRecord } from '../process/record.js';
import { countIn, countingManifest, startGuest } from '../testing/countingGuest.js';
import { CountingServer } from '../testing/countingServer.js';
import { testManifest } from '../testing/manifests.js';
import { scratchFolder } from '../testing/scratch.js';
import { QEMU, requireFuse, requireTool } from '../testing/tools.js';
import { isMounted } from './mountTable.js';
import { adoptRam, mountRam } from './ramFile.js';

const SIZE_BYTES = 64 * 1024 * 1024;
const PAGE_BYTES = 4096;

async function scene() {
  const folder = scratchFolder();
  const server = await CountingServer.start(folder, 'nbd', SIZE_BYTES);
  const nbd = { nbdSocket: server.socket, exportName: '' };
  const options = { imagePath: server.image, ...nbd, folder, sizeBytes: SIZE_BYTES };
  return { folder, server, options };
}

async function mounted() {
  const { folder, server, options } = await scene();
  const ram = await mountRam(options);
  onTestFinished(() => ram.close());
  return { folder, server, options, ram };
}

function put(path: string, text: string, offset: number): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, text, offset);
  closeSync(fd);
}

describe("a guest's memory as a file", () => {
  beforeEach((context) => {
    requireFuse(context);
    requireTool(context, 'nbdkit');
    requireTool(context, QEMU);
  });

  it('is collected to its export, and gone when it is closed', async () => {
    const { folder, server, ram } = await mounted();
    put(ram.path, 'hello', 5_000_000);
    await ram.collect();
    expect(server.count('Write')).toBeGreaterThan(0);
    expect(server.count('Flush')).toBeGreaterThan(0);
    await ram.close();
    expect(await isMounted(ram.path)).toBe(false);
    expect(existsSync(ram.path)).toBe(false);
    expect(await readRecord(folder, 'ram-server')).toBeUndefined();
  });

  it('is found again by an agent that is started again, and cleaned away when its server has died', async () => {
    const { folder, server, ram, options } = await mounted();
    const found = await adoptRam(options);
    put(ram.path, 'x', 0);
    const writes = server.count('Write');
    await found?.collect();
    expect(server.count('Write')).toBeGreaterThanOrEqual(writes);
    const daemon = await readRecord(folder, 'ram-server');
    process.kill(daemon?.pid ?? 0, 'SIGKILL');
    await vi.waitFor(async () => expect(await adoptRam(options)).toBeUndefined(), 10_000);
    expect(await isMounted(ram.path)).toBe(false);
  });

  it('is closed although its export is gone and things wait for it', async () => {
    const { server, ram } = await mounted();
    await server.kill();
    const collecting = ram.collect();
    collecting.catch(() => undefined);
    await ram.close();
    await expect(collecting).rejects.toMatchObject({ code: 'E_RAM_FILE' });
    expect(await isMounted(ram.path)).toBe(false);
  });

  it('is collected in steps, however far apart its dirty pages are', async () => {
    const { server, ram } = await mounted();
    const fd = openSync(ram.path, 'r+');
    for (let page = 0; page < SIZE_BYTES; page += 3 * 1024 * 1024) writeSync(fd, 'dirty', page);
    closeSync(fd);
    await ram.collect({ inSteps: true });
    const copy = await server.copy();
    for (let page = 0; page < SIZE_BYTES; page += 3 * 1024 * 1024)
      expect(copy.toString('latin1', page, page + 5)).toBe('dirty');
  });

  it('is refused with what is wrong', async () => {
    const { folder, options } = await scene();
    await expect(mountRam({ ...options, nbdSocket: join(folder, 'none') })).rejects.toMatchObject({
      code: 'E_RAM_FILE',
      parameters: { problem: expect.stringContaining('there is no such socket') },
    });
    await expect(mountRam({ ...options, sizeBytes: 1 })).rejects.toMatchObject({
      code: 'E_RAM_FILE',
      parameters: { problem: `it has ${SIZE_BYTES} bytes, and should have 1` },
    });
    expect(await isMounted(join(folder, 'ram'))).toBe(false);
  });

  it('brings every page to where it belongs, however many are collected at once', async () => {
    // qemu-storage-daemon's FUSE export (7.2) puts runs of them 1 MiB away.
    const { server, ram } = await mounted();
    const pages = Buffer.alloc(SIZE_BYTES);
    for (let page = 0; page * PAGE_BYTES < SIZE_BYTES; page++) pages.writeUInt32LE(page + 1, page * PAGE_BYTES);
    const fd = openSync(ram.path, 'r+');
    writeSync(fd, pages);
    closeSync(fd);
    await ram.collect();
    const copy = await server.copy();
    const strays = [];
    for (let page = 0; page * PAGE_BYTES < SIZE_BYTES; page++) {
      if (copy.readUInt32LE(page * PAGE_BYTES) !== page + 1) strays.push(page);
    }
    expect(strays).toEqual([]);
  });

  it('holds a guest, whose pages come to the export when they are collected', async () => {
    const { folder, server, ram } = await mounted();
    const manifest = countingManifest(folder);
    const guest = await startGuest(folder, 'guest', manifest, { ramFile: ram.path });
    await vi.waitFor(() => expect(countIn(ram.path)).toBeGreaterThan(0), 15_000);
    const before = server.count('Write');
    await guest.monitor.stop();
    await guest.monitor.captureState();
    await ram.collect();
    expect(server.count('Write')).toBeGreaterThan(before);
    await endQemu(guest);
  });

  it('is moved under a guest that goes on where it stopped, although its QEMU waited before the memory was there', async () => {
    const { folder, options, ram } = await mounted();
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const there = await mountRam({ ...options, folder: elsewhere });
    onTestFinished(() => there.close());
    const manifest = countingManifest(folder);
    const waiting = { ramFile: there.path, incoming: true, paused: true };
    const destination = await startGuest(folder, 'destination', manifest, waiting);
    const source = await startGuest(folder, 'source', manifest, { ramFile: ram.path });
    await vi.waitFor(() => expect(countIn(ram.path)).toBeGreaterThan(0), 15_000);
    await source.monitor.stop();
    const state = await source.monitor.captureState();
    await ram.collect();
    const stopped = countIn(ram.path);
    await destination.monitor.loadState(state);
    expect(countIn(there.path)).toBe(stopped);
    await destination.monitor.cont();
    await vi.waitFor(() => expect(countIn(there.path)).toBeGreaterThan(stopped), 15_000);
    await endQemu(source);
    await endQemu(destination);
  });

  it('and its disk are not touched by a QEMU that waits for device state', async () => {
    const { folder, server, ram } = await mounted();
    const disk = await CountingServer.start(folder, 'disk', SIZE_BYTES);
    const disks = { root: { socket: disk.socket, export: 'root' } };
    const manifest = testManifest({ disks: [{ name: 'root', path: '/none' }] });
    const qmpSocket = join(folder, 'qmp.sock');
    const args = qemuArguments(manifest, { ramFile: ram.path, qmpSocket, disks, incoming: true, paused: true });
    const qemu = await startQemu({ binary: QEMU, args, folder, qmpSocket });
    onTestFinished(() => endQemu(qemu));
    const monitor = new QemuMonitor(qemu.qmp);
    expect(await monitor.runState()).toBe('inmigrate');
    const touched = () => [server, disk].flatMap((one) => [one.count('Read'), one.count('Write')]);
    expect(touched()).toEqual([0, 0, 0, 0]);
    await endQemu(qemu);
    expect(readFileSync(join(folder, 'qemu.stderr'), 'utf8')).toBe('');
  });
});
