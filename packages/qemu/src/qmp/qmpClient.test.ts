import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from '@godwit/schema';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeMonitor, type FakeMonitorOptions, type MonitorCommand } from '../testing/fakeMonitor.js';
import { QEMU, requireTool } from '../testing/tools.js';
import { QmpClient } from './qmpClient.js';

type Say = (message: unknown) => void;

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-qmp-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'qmp.sock');
}

async function monitor(answer?: (command: MonitorCommand, say: Say) => void, more: Partial<FakeMonitorOptions> = {}) {
  const path = socketPath();
  const fake = await FakeMonitor.listen({ path, ...more }, answer);
  onTestFinished(() => fake.close());
  return { path, fake };
}

async function connected(answer?: (command: MonitorCommand, say: Say) => void, more: Partial<FakeMonitorOptions> = {}) {
  const { path, fake } = await monitor(answer, more);
  const qmp = await QmpClient.connect(path);
  onTestFinished(() => qmp.close());
  return { fake, qmp };
}

describe('a client of a monitor', () => {
  for (const partBytes of [1, 7, 100_000]) {
    it(`hears the greeting, agrees on capabilities and hears answers in parts of ${partBytes} bytes`, async () => {
      const { fake, qmp } = await connected(({ id }, say) => say({ return: { status: 'running' }, id }), { partBytes });
      expect(qmp.version).toEqual({ major: 7, minor: 2, micro: 22, package: 'Debian 1:7.2' });
      expect(await qmp.execute('query-status')).toEqual({ status: 'running' });
      expect(fake.commands.map(({ execute }) => execute)).toEqual(['qmp_capabilities', 'query-status']);
    });
  }

  it('gives each answer to the command whose number it bears, in whatever order they come', async () => {
    const held: (() => void)[] = [];
    const { qmp } = await connected(({ execute, id }, say) => {
      held.push(() => say({ return: execute, id }));
      if (held.length === 3) for (const answer of held.toReversed()) answer();
    });
    const answers = ['one', 'two', 'three'].map((command) => qmp.execute(command));
    expect(await Promise.all(answers)).toEqual(['one', 'two', 'three']);
  });

  it('names what QEMU refuses', async () => {
    const { qmp } = await connected(({ id }, say) =>
      say({ error: { class: 'GenericError', desc: 'no such device' }, id }),
    );
    await expect(qmp.execute('device_del', { id: 'nic0' })).rejects.toMatchObject({
      code: 'E_QMP',
      parameters: { command: 'device_del', problem: 'no such device' },
    });
  });

  it('refuses an answer of another form than it knows', async () => {
    const { qmp } = await connected(({ id }, say) => say({ return: { status: 7 }, id }));
    await expect(qmp.query('query-status', Type.Object({ status: Type.String() }))).rejects.toMatchObject({
      code: 'E_QMP',
    });
  });

  it('hears events, also between a command and its answer', async () => {
    const { qmp } = await connected(({ id }, say) => {
      say({ event: 'STOP', timestamp: { seconds: 12, microseconds: 500_000 } });
      say({ return: {}, id });
    });
    const stopped = qmp.nextEvent('STOP', ({ name }) => name === 'STOP');
    await qmp.execute('stop');
    expect(await stopped).toEqual({ name: 'STOP', data: undefined, atMs: 12_500 });
  });

  it('gives up on an answer after its time, and passes over it when it comes', async () => {
    const late: (() => void)[] = [];
    const { qmp } = await connected(({ execute, id }, say) => {
      if (execute === 'slow') late.push(() => say({ return: 'too late', id }));
      else say({ return: 'soon', id });
    });
    await expect(qmp.execute('slow', {}, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'E_QMP_TIMEOUT' });
    late[0]?.();
    expect(await qmp.execute('next')).toBe('soon');
  });

  it('ends all that waits when QEMU is gone, and says so of what is asked later', async () => {
    const { fake, qmp } = await connected();
    const asked = qmp.execute('query-status');
    const heard = qmp.nextEvent('RESUME', ({ name }) => name === 'RESUME');
    const results = Promise.allSettled([asked, heard]);
    await fake.close();
    for (const result of await results)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'E_QMP_LOST' } });
    await expect(qmp.execute('cont')).rejects.toMatchObject({ code: 'E_QMP_LOST' });
    expect((await qmp.closed).code).toBe('E_QMP_LOST');
  });

  it.each([
    ['no JSON', 'hello'],
    ['JSON of no known form', '{"hello": 1}'],
    ['an array', '[]'],
    ['an answer without a number', '{"return": {}}'],
    ['a refusal of what it could not read', '{"error": {"class": "GenericError", "desc": "Invalid JSON syntax"}}'],
  ])('leaves a peer that says %s', async (_, line) => {
    const { fake, qmp } = await connected();
    fake.sayText(`${line}\r\n`);
    expect((await qmp.closed).code).toBe('E_QMP_LOST');
  });

  it('leaves a peer whose line has no end', async () => {
    const { fake, qmp } = await connected();
    const asked = qmp.execute('query-status');
    asked.catch(() => undefined);
    fake.sayText('x'.repeat(17 * 1024 * 1024));
    await expect(asked).rejects.toMatchObject({ code: 'E_QMP_LOST' });
  });

  it('says what does not answer, and what does not greet', async () => {
    await expect(QmpClient.connect(socketPath())).rejects.toMatchObject({ code: 'E_QMP_LOST' });
    const { path } = await monitor(undefined, { first: '' });
    await expect(QmpClient.connect(path, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'E_QMP_TIMEOUT' });
  });

  it('does not fall over an answer that is nested deeper than it can be shown', async () => {
    const depth = 1_000_000;
    const { fake, qmp } = await connected();
    const asked = qmp.query('query-status', Type.Object({}));
    await vi.waitFor(() => expect(fake.commands).toHaveLength(2));
    const id = fake.commands[1]?.id;
    fake.sayText(`{"return": ${'['.repeat(depth)}${']'.repeat(depth)}, "id": ${id}}\n`);
    await expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/^E_QMP(_LOST)?$/) });
  });

  it('lets a wait that nobody takes up end with the connection', async () => {
    const { fake, qmp } = await connected();
    void qmp.nextEvent('STOP', ({ name }) => name === 'STOP');
    await fake.close();
    expect((await qmp.closed).code).toBe('E_QMP_LOST');
  });

  it('hears nothing more once its listening has ended', async () => {
    const { fake, qmp } = await connected();
    const heard: string[] = [];
    const end = qmp.onEvent(({ name }) => heard.push(name));
    const first = qmp.nextEvent('ONE', () => true);
    fake.say({ event: 'ONE', timestamp: { seconds: -1, microseconds: -1 } });
    expect((await first).atMs).toBe(-1);
    end();
    const second = qmp.nextEvent('TWO', () => true);
    fake.say({ event: 'TWO', data: { n: 1 }, timestamp: { seconds: 1, microseconds: 0 } });
    expect((await second).data).toEqual({ n: 1 });
    expect(heard).toEqual(['ONE']);
  });
});

describe('a client of QEMU itself', () => {
  it('reads its version, stops and resumes it, hears of it, and is told what is no command', async (context) => {
    requireTool(context, QEMU);
    const path = socketPath();
    const args = ['-machine', 'none', '-display', 'none', '-nodefaults', '-qmp', `unix:${path},server=on,wait=off`];
    const qemu = spawn(QEMU, args, { stdio: 'inherit' });
    const exited = once(qemu, 'exit');
    onTestFinished(async () => {
      qemu.kill('SIGKILL');
      await exited;
    });
    await vi.waitFor(() => expect(existsSync(path)).toBe(true), 10_000);
    const qmp = await QmpClient.connect(path);
    expect(qmp.version.major).toBeGreaterThanOrEqual(5);
    const stopped = qmp.nextEvent('STOP', ({ name }) => name === 'STOP');
    await qmp.execute('stop');
    expect((await stopped).atMs).toBeGreaterThan(0);
    await expect(qmp.execute('no-such-command')).rejects.toMatchObject({ code: 'E_QMP' });
    await qmp.execute('quit');
    expect((await qmp.closed).code).toBe('E_QMP_LOST');
  });
});
