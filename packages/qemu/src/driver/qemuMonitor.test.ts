import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type CountingGuest, countIn, countingManifest, startGuest } from '../testing/countingGuest.js';
import { scratchFolder } from '../testing/scratch.js';
import { QEMU, requireTool } from '../testing/tools.js';

/** Of this machine with its memory left out; with it there would be 64 MiB more. */
const MOST_STATE_BYTES = 2 * 1024 * 1024;
const A_WHILE = { timeout: 15_000, interval: 20 };

interface Scene {
  readonly folder: string;
  readonly ram: string;
  readonly source: CountingGuest;
}

/** A guest that has begun to count. */
async function counting(): Promise<Scene> {
  const folder = scratchFolder();
  const ram = join(folder, 'ram');
  const source = await startGuest(folder, 'source', countingManifest(folder));
  await countsOn(ram, 0);
  return { folder, ram, source };
}

async function countsOn(ram: string, from: number): Promise<void> {
  await vi.waitFor(() => expect(countIn(ram)).toBeGreaterThan(from), A_WHILE);
}

function destinationOf({ folder, source }: Scene): Promise<CountingGuest> {
  return startGuest(folder, 'destination', source.manifest, { incoming: true, paused: true });
}

describe('a guest through its monitor', () => {
  beforeEach((context) => requireTool(context, QEMU));

  it('stands still once stop has answered, also when it did before, and goes on', async () => {
    const { ram, source } = await counting();
    await source.monitor.stop();
    await source.monitor.stop();
    expect(await source.monitor.runState()).toBe('paused');
    const stopped = countIn(ram);
    expect(countIn(ram)).toBe(stopped);
    await source.monitor.cont();
    await countsOn(ram, stopped);
  });

  it('is moved by its device state, with its memory left out, and goes on where it stopped', async () => {
    const scene = await counting();
    await scene.source.monitor.stop();
    const state = await scene.source.monitor.captureState();
    expect(state.length).toBeLessThan(MOST_STATE_BYTES);
    expect(await scene.source.monitor.runState()).toBe('postmigrate');
    const stopped = countIn(scene.ram);
    const destination = await destinationOf(scene);
    expect(await destination.monitor.runState()).toBe('inmigrate');
    await destination.monitor.loadState(state);
    expect(await destination.monitor.runState()).toBe('paused');
    expect(countIn(scene.ram)).toBe(stopped);
    await destination.monitor.cont();
    await countsOn(scene.ram, stopped);
  });

  it('goes on at the source after a capture, and is captured again', async () => {
    const scene = await counting();
    for (let turn = 0; turn < 3; turn++) {
      await scene.source.monitor.stop();
      const stopped = countIn(scene.ram);
      expect((await scene.source.monitor.captureState()).length).toBeLessThan(MOST_STATE_BYTES);
      await scene.source.monitor.cont();
      await countsOn(scene.ram, stopped);
    }
  });

  it('goes on at the source although the destination has its state and waits', async () => {
    const scene = await counting();
    await scene.source.monitor.stop();
    const state = await scene.source.monitor.captureState();
    const destination = await destinationOf(scene);
    await destination.monitor.loadState(state);
    // Each would keep the other from the disk, had the destination taken it already.
    await scene.source.monitor.cont();
    await countsOn(scene.ram, countIn(scene.ram));
  });

  it('is cut off when its state is larger than was agreed, and goes on', async () => {
    const { ram, source } = await counting();
    await source.monitor.stop();
    await expect(source.monitor.captureState({ limitBytes: 10_000 })).rejects.toMatchObject({ code: 'E_TOO_LARGE' });
    await source.monitor.cont();
    await countsOn(ram, countIn(ram));
    await source.monitor.stop();
    expect((await source.monitor.captureState()).length).toBeGreaterThan(10_000);
  });

  it('is not captured while it runs, nor twice without having run, nor given state that it does not wait for', async () => {
    const { source } = await counting();
    await expect(source.monitor.captureState()).rejects.toMatchObject({ code: 'E_VM_STATE' });
    await source.monitor.stop();
    const state = await source.monitor.captureState();
    await expect(source.monitor.captureState()).rejects.toMatchObject({ code: 'E_VM_STATE' });
    await expect(source.monitor.loadState(state)).rejects.toMatchObject({ code: 'E_VM_STATE' });
  });

  it('does not resume before its state has come', async () => {
    const scene = await counting();
    const destination = await destinationOf(scene);
    await expect(destination.monitor.cont()).rejects.toMatchObject({
      code: 'E_VM_STATE',
      parameters: { state: 'inmigrate' },
    });
  });

  it('says in its own words why it does not take the state of other devices, or half of it, or none', async () => {
    const folder = scratchFolder();
    const nic = { name: 'lan', mac: '52:54:00:00:00:01', netdev: { type: 'user' } } as const;
    const manifest = countingManifest(folder);
    const { monitor } = await startGuest(folder, 'source', { ...manifest, nics: [nic] }, { paused: true });
    const state = await monitor.captureState();
    const words: string[] = [];
    for (const [nics, bytes] of [
      [[], state],
      [[nic], state.subarray(0, state.length / 2)],
      [[nic], Buffer.from('this is no state')],
    ] as const) {
      const place = { incoming: true, paused: true };
      const destination = await startGuest(folder, `destination${words.length}`, { ...manifest, nics }, place);
      const refusal: unknown = await destination.monitor.loadState(bytes).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'E_DEVICE_STATE' });
      words.push(String(refusal));
    }
    expect(words[0]).toContain('Unknown savevm section');
    expect(words[1]).toContain('load of migration failed');
    expect(words[2]).toContain('Not a migration stream');
    await monitor.cont();
  });

  it('is gone after quit', async () => {
    const { source } = await counting();
    await source.monitor.quit();
    expect(source.qmp.over?.code).toBe('E_QMP_LOST');
    expect(await source.process.ended(5_000)).toBe(true);
  });
});
