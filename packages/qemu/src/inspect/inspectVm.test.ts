import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { endQemu, startQemu } from '../process/qemuProcess.js';
import { countingManifest, startGuest } from '../testing/countingGuest.js';
import { scratchFolder } from '../testing/scratch.js';
import { QEMU, requireTool } from '../testing/tools.js';
import { inspectVm } from './inspectVm.js';

const MEMORY_BYTES = 64 * 1024 * 1024;

/** A QEMU whose memory is as the arguments say. */
async function withMemory(memory: (folder: string) => readonly string[]) {
  const folder = scratchFolder();
  const qmpSocket = join(folder, 'qmp.sock');
  const monitor = ['-S', '-display', 'none', '-nodefaults', '-qmp', `unix:${qmpSocket},server=on,wait=off`];
  const qemu = await startQemu({ binary: QEMU, args: [...memory(folder), ...monitor], folder, qmpSocket });
  onTestFinished(() => endQemu(qemu));
  return qemu;
}

describe('a running guest', () => {
  beforeEach((context) => requireTool(context, QEMU));

  it('is told as it was started', async () => {
    const folder = scratchFolder();
    const nic = { name: 'lan', mac: '52:54:00:00:00:01', netdev: { type: 'user' } } as const;
    const manifest = countingManifest(folder, { nics: [nic], cpu: { model: 'qemu64', count: 2 } });
    const guest = await startGuest(folder, 'guest', manifest, { paused: true });
    expect(await inspectVm(guest.qmp)).toEqual({
      name: 'guest',
      uuid: manifest.uuid,
      qemuVersion: guest.qmp.version,
      machineType: 'pc-q35-7.2',
      cpu: { model: 'qemu64', count: 2 },
      accel: 'tcg',
      memory: { bytes: MEMORY_BYTES, backend: 'memory-backend-file', share: true, path: join(folder, 'ram') },
      disks: [
        {
          device: expect.stringContaining('virtio-disk0'),
          node: 'disk0',
          file: expect.stringContaining(join(folder, 'boot.img')),
          driver: 'raw',
          bytes: 1024 * 1024,
          readOnly: false,
        },
      ],
      nics: [{ name: 'virtio-net0', model: 'virtio-net-pci', mac: nic.mac }],
      runState: 'prelaunch',
    });
  });

  it('whose memory is private is refused with the reason', async () => {
    const plain = await withMemory(() => ['-machine', 'q35', '-m', '64M']);
    await expect(inspectVm(plain.qmp)).rejects.toMatchObject({
      code: 'E_VM_MEMORY_PRIVATE',
      parameters: { problem: 'it is in no file (its backend is memory-backend-ram)' },
    });
    const unshared = await withMemory((folder) => [
      ...['-machine', 'q35,memory-backend=ram0', '-m', '64M'],
      ...['-object', `memory-backend-file,id=ram0,size=64M,mem-path=${join(folder, 'ram')},share=off`],
    ]);
    await expect(inspectVm(unshared.qmp)).rejects.toMatchObject({
      code: 'E_VM_MEMORY_PRIVATE',
      parameters: { problem: 'its file was mapped without share=on' },
    });
  });
});
