import { createLogger } from '@godwit/agent';
import { describe, expect, it } from 'vitest';
import { eventually } from './testing/eventually.js';
import { FakeHost } from './testing/fakeHost.js';
import { manifestWith } from './testing/manifest.js';

const ARRIVING = { manifest: manifestWith(), phase: 'arriving', arrivesRunning: true } as const;

describe('a machine that was arriving when its agent ended', () => {
  it('is loaded from its state when it is owned by now, and its QEMU has ended: it has never run', async () => {
    const host = new FakeHost();
    await host.left(ARRIVING, 'owner', 'of one instant');
    const service = host.service();
    await service.recover();
    expect(host.qemu.said).toEqual(['adopted', 'starts', 'loads of one instant', 'goes on']);
    expect(await service.view('web')).toMatchObject({ phase: 'running', runState: 'running' });
    expect(host.shown).toEqual(new Set(['web-ram', 'web-state', 'web-root']));
  });

  it('goes on in the QEMU that had its state, and in no other', async () => {
    for (const [state, said] of [
      ['paused', ['adopted', 'goes on']],
      ['inmigrate', ['adopted', 'discarded', 'starts', 'loads its state', 'goes on']],
    ] as const) {
      const host = new FakeHost();
      await host.left(ARRIVING, 'owner');
      host.qemu.state = state;
      await host.service().recover();
      expect(host.qemu.said).toEqual(said);
    }
  });

  it('is known to have run before it does: what it was loaded from is of no use afterwards', async () => {
    const host = new FakeHost();
    await host.left(ARRIVING, 'owner');
    const phases: unknown[] = [];
    host.qemu.onAsked = (word) => {
      const [record] = host.records.all(createLogger('silent'));
      if (word === 'goes on') phases.push(record?.phase);
    };
    await host.service().recover();
    expect(phases).toEqual(['running']);
    host.qemu.state = undefined;
    const next = host.service();
    await next.recover();
    expect(await next.view('web')).toMatchObject({ phase: 'stopped' });
    expect(host.qemu.said.filter((word) => word === 'starts')).toHaveLength(1);
  });

  it('stays as it is when it cannot be loaded: its memory is not removed', async () => {
    const host = new FakeHost();
    await host.left(ARRIVING, 'owner');
    host.qemu.onAsked = (word) => {
      if (word.startsWith('loads')) throw new Error('no room for it');
    };
    const service = host.service();
    await service.recover();
    expect(await service.view('web')).toMatchObject({ phase: 'arriving' });
    expect(host.isOpen('web-ram')).toBe(true);
    // Whoever gives it up has its disks.
    await eventually(async () =>
      expect(await service.stop('web', { force: true })).toMatchObject({ phase: 'stopped' }),
    );
    expect(host.isOpen('web-root')).toBe(true);
  });

  it('is ended when it is not owned, and waits for its source; an operator who forces this side has it loaded', async () => {
    const host = new FakeHost();
    await host.left(ARRIVING, 'prepared');
    host.qemu.state = 'paused';
    const service = host.service();
    await service.recover();
    expect(host.qemu.said).toEqual(['discarded']);
    const { manifest } = ARRIVING;
    const arriving = service.receive({ ...host.arrivalOf(manifest), workload: '', document: '' });
    host.become(manifest, 'owner');
    host.serve(manifest);
    await arriving.run();
    expect(host.qemu.said).toEqual(['discarded', 'starts', 'loads its state', 'goes on']);
    expect(await service.view('web')).toMatchObject({ phase: 'running' });
    // The gates are those of images that are served.
    for (const image of host.arrivalOf(manifest).images()) expect(image.maps.gate.isHidden).toBe(false);
  });
});
