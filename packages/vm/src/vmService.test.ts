import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from './testing/eventually.js';
import { FakeHost } from './testing/fakeHost.js';
import { manifestWith } from './testing/manifest.js';
import { formatSurvey } from './travelDocument.js';

const manifest = manifestWith();
const UUID = '6a2f6a0e-0c0b-4c6e-9f4c-0b3f6f5b7a12';
const busy = (problem: string) => ({ code: 'E_VM', parameters: expect.objectContaining({ problem }) });

/** What may be let go on when a test says so. */
function held(): { promise: Promise<void>; release: () => void } {
  let release: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

describe('of two that want one name', () => {
  it('the arrival that came first has it: the second is refused, and takes nothing with it', async () => {
    const host = new FakeHost();
    const service = host.service();
    await host.made(manifest);
    const first = service.receive(host.arrivalOf(manifest, 'm1'));
    await first.prepare();
    // Off, and with another disk: no image of theirs is the same.
    const other = manifestWith({ uuid: UUID, disks: [{ name: 'other', path: '/srv/other.raw' }] });
    await host.made(other);
    const second = service.receive(host.arrivalOf(other, 'm2', false));
    await expect(second.prepare()).rejects.toMatchObject(busy(expect.stringContaining('in migration m1')));
    await second.abandon();
    expect(host.qemu.state).toBe('inmigrate');
    expect(await service.view('web')).toMatchObject({ phase: 'arriving', uuid: manifest.uuid });
    await first.load();
    await first.run();
    expect(await service.view('web')).toMatchObject({ phase: 'running' });
  });

  it('a machine that is started or runs keeps it, and so does one that arrives', async () => {
    const host = new FakeHost();
    const service = host.service();
    host.disks(manifest);
    const start = held();
    host.qemu.starting = start.promise;
    const running = service.run(manifest);
    await eventually(() => expect(host.qemu.said).toEqual(['starts']));
    const arriving = service.receive(host.arrivalOf(manifest));
    await expect(arriving.prepare()).rejects.toMatchObject(busy('it is just being started or ended'));
    await expect(service.run(manifest)).rejects.toMatchObject({ code: 'E_VM' });
    await arriving.abandon();
    start.release();
    expect(await running).toMatchObject({ phase: 'running', runState: 'running' });
    await expect(arriving.prepare()).rejects.toMatchObject({ code: 'E_VM' });
    await arriving.abandon();
    expect(host.qemu.state).toBe('running');
    expect(host.records.all(host.logger)).toHaveLength(1);
  });

  it('another machine has neither its UUID nor an image of its name', async () => {
    const host = new FakeHost();
    await host.left({ manifest, phase: 'running' }, 'owner');
    const service = host.service();
    const twin = manifestWith({ name: 'mail' });
    await expect(service.run(twin)).rejects.toMatchObject(busy(expect.stringContaining('UUID')));
    const other = new FakeHost();
    const disks = [{ name: 'x', path: '/srv/x.raw' }];
    await other.left({ manifest: manifestWith({ name: 'web-a', uuid: UUID, disks }), phase: 'stopped' }, 'owner');
    const mixed = manifestWith({ disks: [{ name: 'a-x', path: '/srv/y.raw' }] });
    await expect(other.service().run(mixed)).rejects.toMatchObject(busy(expect.stringContaining('image "web-a-x"')));
  });
});

it('has its images for itself as long as it is known', async () => {
  for (const phase of ['running', 'stopped', 'arriving'] as const) {
    const host = new FakeHost();
    await host.left({ manifest, phase }, 'owner');
    const service = host.service();
    expect(() => service.assertFree('web-root')).toThrow(expect.objectContaining({ code: 'E_VM' }));
    expect(() => service.assertFree('web-other')).not.toThrow();
  }
  const host = new FakeHost();
  await host.left({ manifest, phase: 'left' }, 'released');
  expect(() => host.service().assertFree('web-root')).not.toThrow();
});

it('whose memory is served no more is shown to be in trouble, runs on, and does not move', async () => {
  const host = new FakeHost();
  const said = vi.spyOn(host.logger, 'error');
  const service = host.service();
  host.disks(manifest);
  const ending = held();
  host.qemu.memoryEnding = ending.promise;
  expect(await service.run(manifest)).not.toHaveProperty('problem');
  host.qemu.hasMemory = false;
  ending.release();
  await eventually(() =>
    expect(said.mock.calls).toEqual([[{ vm: 'web' }, expect.stringContaining('its memory has ended')]]),
  );
  expect(await service.view('web')).toMatchObject({
    phase: 'running',
    runState: 'running',
    problem: expect.stringContaining('its memory has ended'),
  });
  const { images } = await service.view('web');
  const asked = { migration: 'm1', images, paths: [], destination: 'there:7400', isRecovery: false };
  const departure = { ...asked, mode: 'live' } as const;
  expect(() => service.workloadOf(departure)).toThrow(expect.objectContaining({ code: 'E_WORKLOAD' }));
  expect(host.qemu.said).toEqual(['starts']);
});

describe('a machine that is forgotten', () => {
  it('is not, while it arrives; and does not arrive, while it is', async () => {
    const host = new FakeHost();
    await host.left({ manifest, phase: 'left' }, 'released');
    const service = host.service();
    const arriving = service.receive(host.arrivalOf(manifest));
    const forgotten = service.forget('web');
    await expect(arriving.prepare()).rejects.toMatchObject(busy('it is just being started or ended'));
    await arriving.abandon();
    await forgotten;
    expect(() => service.view('web')).toThrow(expect.objectContaining({ code: 'E_NOT_FOUND' }));
    await host.made(manifest);
    const next = service.receive(host.arrivalOf(manifest, 'm2'));
    const preparing = next.prepare();
    await expect(service.forget('web')).rejects.toMatchObject(busy('it is arriving; stop it first'));
    await preparing;
    await expect(service.forget('web')).rejects.toMatchObject({ code: 'E_VM' });
    expect(host.qemu.state).toBe('inmigrate');
  });
});

describe('processes that do not end', () => {
  it('keep the machine that was on its way, until the next offer ends them', async () => {
    const host = new FakeHost();
    const service = host.service();
    await host.made(manifest);
    const first = service.receive(host.arrivalOf(manifest));
    await first.prepare();
    host.qemu.isStuck = true;
    await first.abandon();
    expect(host.records.all(host.logger)).toMatchObject([{ phase: 'arriving' }]);
    const second = service.receive(host.arrivalOf(manifest, 'm2'));
    await expect(second.prepare()).rejects.toThrow('it does not end');
    await second.abandon();
    expect(host.records.all(host.logger)).toHaveLength(1);
    host.qemu.isStuck = false;
    await service.receive(host.arrivalOf(manifest, 'm3')).prepare();
    expect(host.qemu.said).toEqual(['starts', 'discarded', 'starts']);
  });

  it('are found by the next start of the agent, which forgets what never arrived', async () => {
    const host = new FakeHost();
    await host.left({ manifest, phase: 'arriving', arrivesRunning: true }, 'aborted');
    host.qemu.state = 'inmigrate';
    host.qemu.isStuck = true;
    const service = host.service();
    await service.recover();
    expect(host.records.all(host.logger)).toHaveLength(1);
    host.qemu.isStuck = false;
    await eventually(() => expect(host.records.all(host.logger)).toEqual([]));
    expect(host.qemu.said).toEqual(['discarded']);
  });

  it('keep one from being forgotten, and one whose start failed from being lost', async () => {
    const host = new FakeHost();
    const service = host.service();
    host.disks(manifest);
    host.qemu.onAsked = () => {
      host.qemu.isStuck = true;
      throw new Error('it does not answer');
    };
    await expect(service.run(manifest)).rejects.toThrow('it does not answer');
    expect(await service.view('web')).toMatchObject({ phase: 'stopped' });
    await expect(service.forget('web')).rejects.toThrow('it does not end');
    expect(host.records.all(host.logger)).toHaveLength(1);
    host.qemu.isStuck = false;
    await service.forget('web');
    expect(host.qemu.said).toEqual(['starts', 'discarded']);
    expect(host.records.all(host.logger)).toEqual([]);
    expect(host.isOpen('web-root')).toBe(false);
  });
});

describe('what stands against a machine that is to come', () => {
  const question = (asked = manifest) =>
    formatSurvey({
      travel: { manifest: asked, running: true, mapNics: {} },
      cpuFlags: [],
      diskBytes: {},
      markers: [],
    });
  const codesOf = async (service: ReturnType<FakeHost['service']>, asked = manifest) => {
    const found: { code: string }[] = JSON.parse(await service.survey('qemu', question(asked)));
    return found.map(({ code }) => code);
  };

  it('is not that it is half here, nor that it was here', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const hostPort = typeof address === 'object' && address !== null ? address.port : 0;
    const forwards = [{ protocol: 'tcp', host: '127.0.0.1', hostPort, guestPort: 22 }] as const;
    const nic = { name: 'lan', netdev: { type: 'user', forwards }, mac: '52:54:00:00:00:01' } as const;
    const listening = manifestWith({ nics: [nic] });
    const against = ['name-in-use', 'uuid-in-use', 'port-taken'];
    for (const [phase, codes] of [
      ['arriving', []],
      ['left', ['port-taken']],
      ['stopped', against],
    ] as const) {
      const host = new FakeHost();
      await host.left({ manifest: listening, phase }, 'aborted');
      const found = await codesOf(host.service(), listening);
      expect(
        against.filter((code) => found.includes(code)),
        phase,
      ).toEqual(codes);
    }
  });

  it('is that another has its name or its UUID', async () => {
    const host = new FakeHost();
    await host.left({ manifest, phase: 'arriving' }, 'aborted');
    const service = host.service();
    expect(await codesOf(service, manifestWith({ uuid: UUID }))).toContain('name-in-use');
    expect(await codesOf(service, manifestWith({ name: 'mail' }))).toContain('uuid-in-use');
  });
});
