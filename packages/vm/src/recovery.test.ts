import { describe, expect, it } from 'vitest';
import { eventually } from './testing/eventually.js';
import { FakeHost } from './testing/fakeHost.js';
import { manifestWith } from './testing/manifest.js';
import type { VmService } from './vmService.js';

const manifest = manifestWith();
const RUNNING = { manifest, phase: 'running' } as const;

/** The migration that an earlier life sealed is asked about. */
function departureOf(service: VmService) {
  const images = ['web-ram', 'web-state', 'web-root'];
  const departure = service.workloadOf({
    migration: 'm1',
    images,
    paths: [],
    destination: 'there:7400',
    mode: 'live',
    isRecovery: true,
  });
  if (departure === undefined) throw new Error('nothing runs on these images');
  return departure;
}

const untilPhase = (service: VmService, phase: string) =>
  eventually(async () => expect(await service.view('web')).toMatchObject({ phase }));

describe('a machine whose monitor does not answer when the agent is started', () => {
  it('is tried again until it does, and goes on then', async () => {
    const host = new FakeHost();
    await host.left(RUNNING, 'owner');
    host.qemu.state = 'paused';
    host.qemu.silences = 3;
    const service = host.service();
    await service.recover();
    await eventually(() => expect(host.qemu.state).toBe('running'));
    expect(host.qemu.said).toEqual(['adopted', 'adopted', 'adopted', 'adopted', 'goes on']);
    expect(await service.view('web')).toMatchObject({ pid: 1 });
  });

  it('holds up neither the start nor another machine', async () => {
    const host = new FakeHost();
    await host.left(RUNNING, 'owner');
    const other = manifestWith({ name: 'mail', uuid: '6a2f6a0e-0c0b-4c6e-9f4c-0b3f6f5b7a12' });
    await host.left({ manifest: other, phase: 'left' }, 'released');
    host.qemu.state = 'paused';
    let answer: () => void = () => undefined;
    host.qemu.answering = new Promise((resolve) => {
      answer = resolve;
    });
    const service = host.service();
    await service.recover();
    await service.forget('mail');
    await expect(service.stop('web', { force: false })).rejects.toMatchObject({ code: 'E_VM' });
    answer();
    await eventually(() => expect(host.qemu.state).toBe('running'));
  });

  it('can be ended by force meanwhile, and stays off', async () => {
    const host = new FakeHost();
    await host.left(RUNNING, 'owner');
    host.qemu.state = 'paused';
    host.qemu.silences = 1_000_000;
    const service = host.service();
    await service.recover();
    await eventually(async () =>
      expect(await service.stop('web', { force: true })).toMatchObject({ phase: 'stopped' }),
    );
    expect(host.qemu.state).toBeUndefined();
    await service.recover();
    await untilPhase(service, 'stopped');
  });
});

describe('a machine that was sealed when its agent ended', () => {
  it('is off when it is owned here after all, and its QEMU is gone', async () => {
    const host = new FakeHost();
    await host.left(RUNNING, 'sealed');
    const service = host.service();
    await service.recover();
    expect(await service.view('web')).toMatchObject({ phase: 'running' });
    const departure = departureOf(service);
    host.become(manifest, 'owner');
    await departure.resumed({ always: true });
    departure.ended?.();
    await untilPhase(service, 'stopped');
  });

  it('has left when it is owned there, and nothing of it is shown here', async () => {
    const host = new FakeHost();
    await host.left(RUNNING, 'sealed');
    const service = host.service();
    await service.recover();
    const departure = departureOf(service);
    host.become(manifest, 'released');
    departure.moved('http://there/v1/images/web-ram');
    departure.ended?.();
    await untilPhase(service, 'left');
    await eventually(() => expect(host.isOpen('web-ram')).toBe(false));
    expect(host.shown).toEqual(new Set());
  });

  it('goes on when it is owned here after all, also where its monitor answered only since', async () => {
    const host = new FakeHost();
    await host.left(RUNNING, 'sealed');
    host.qemu.state = 'paused';
    let answer: () => void = () => undefined;
    host.qemu.answering = new Promise((resolve) => {
      answer = resolve;
    });
    const service = host.service();
    await service.recover();
    const departure = departureOf(service);
    // Found before the outcome, and after the migration was told what runs here.
    answer();
    await eventually(async () => expect(await service.view('web')).toMatchObject({ pid: 1 }));
    host.become(manifest, 'owner');
    await departure.resumed({ always: true });
    departure.ended?.();
    await eventually(() => expect(host.qemu.state).toBe('running'));
  });
});
