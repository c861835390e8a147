import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { scratchFolder } from '../testing/scratch.js';
import { QEMU, requireTool } from '../testing/tools.js';
import { adoptQemu, endQemu, startQemu } from './qemuProcess.js';
import { recordPath } from './record.js';

function optionsIn(folder: string, more: readonly string[] = []) {
  const qmpSocket = join(folder, 'qmp.sock');
  const monitor = ['-qmp', `unix:${qmpSocket},server=on,wait=off`];
  const args = ['-machine', 'none', '-display', 'none', '-nodefaults', ...monitor, ...more];
  return { binary: QEMU, args, folder, qmpSocket };
}

async function started(folder: string) {
  const running = await startQemu(optionsIn(folder));
  onTestFinished(() => endQemu(running));
  return running;
}

describe('a QEMU of its own', () => {
  beforeEach((context) => requireTool(context, QEMU));

  it('answers once it is started, leads its own session, and is ended', async () => {
    const folder = scratchFolder();
    const running = await started(folder);
    const stat = readFileSync(`/proc/${running.process.record.pid}/stat`, 'latin1').split(') ')[1]?.split(' ');
    expect(stat?.[3]).toBe(String(running.process.record.pid));
    await endQemu(running);
    expect(running.process.isRunning).toBe(false);
    expect(existsSync(recordPath(folder, 'qemu'))).toBe(false);
    await endQemu(running);
  });

  it('is found again by an agent that is started again, and by no agent when it has ended', async () => {
    const folder = scratchFolder();
    const running = await started(folder);
    running.qmp.close();
    const found = await adoptQemu(folder);
    expect(found?.process.record).toEqual(running.process.record);
    expect(await found?.qmp.execute('query-status')).toBeDefined();
    process.kill(running.process.record.pid, 'SIGKILL');
    expect(await running.process.ended(5_000)).toBe(true);
    expect(await adoptQemu(folder)).toBeUndefined();
    expect(await adoptQemu(scratchFolder())).toBeUndefined();
  });

  it('is not mistaken for a process that has its number now', async () => {
    const folder = scratchFolder();
    const { process: qemu } = await started(folder);
    const path = recordPath(folder, 'qemu');
    const bystander = spawn('sleep', ['60']);
    onTestFinished(async () => {
      bystander.kill();
      await once(bystander, 'exit');
    });
    writeFileSync(path, JSON.stringify({ ...qemu.record, pid: bystander.pid }));
    expect(await adoptQemu(folder)).toBeUndefined();
    writeFileSync(path, JSON.stringify({ ...qemu.record, bootId: 'another' }));
    expect(await adoptQemu(folder)).toBeUndefined();
    writeFileSync(path, 'half a rec');
    await expect(adoptQemu(folder)).rejects.toMatchObject({ code: 'E_STATE_CORRUPT' });
    writeFileSync(path, JSON.stringify(qemu.record));
  });

  it('is not started a second time in its folder', async () => {
    const folder = scratchFolder();
    const running = await started(folder);
    running.qmp.close();
    await expect(startQemu(optionsIn(folder))).rejects.toMatchObject({ code: 'E_QEMU_START' });
    expect(await adoptQemu(folder)).toBeDefined();
  });

  it('that dies at its start is told with its own words', async () => {
    const starting = startQemu(optionsIn(scratchFolder(), ['-device', 'no-such-device']));
    await expect(starting).rejects.toMatchObject({
      code: 'E_QEMU_START',
      parameters: { problem: expect.stringContaining('no-such-device') },
    });
  });

  it('that is not there is told', async () => {
    const starting = startQemu({ ...optionsIn(scratchFolder()), binary: 'no-such-qemu' });
    await expect(starting).rejects.toMatchObject({
      code: 'E_QEMU_START',
      parameters: { program: 'no-such-qemu', problem: expect.stringContaining('ENOENT') },
    });
  });

  it('is ended by signals when its monitor does not listen', async () => {
    const running = await started(scratchFolder());
    running.qmp.close();
    await endQemu(running);
    expect(running.process.isRunning).toBe(false);
  });

  it('is refused a monitor whose path no socket can have', async () => {
    const folder = scratchFolder();
    const starting = startQemu({ ...optionsIn(folder), qmpSocket: join(folder, 'x'.repeat(108)) });
    await expect(starting).rejects.toMatchObject({ code: 'E_SOCKET_PATH' });
  });
});
