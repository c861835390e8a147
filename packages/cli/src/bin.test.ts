import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgent } from './testing/fakeAgent.js';
import { completedView, sampleView } from './testing/views.js';

const BIN = fileURLToPath(new URL('bin.js', import.meta.url));

let agent: FakeAgent;
beforeEach(async () => {
  agent = await FakeAgent.listen();
});
afterEach(() => agent.close());

function start(words: readonly string[]) {
  const child = spawn(process.execPath, [BIN, ...words], {
    env: { ...process.env, GODWIT_SOURCE: agent.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = { out: '', log: '' };
  child.stdout.on('data', (piece: Buffer) => (seen.out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (seen.log += piece.toString()));
  return { child, seen, ended: once(child, 'close') };
}

describe('the compiled command', () => {
  it('prints one JSON document on stdout and everything else on stderr', async () => {
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events')) agent.become(agent.view.state === 'setup' ? sampleView() : completedView());
    };
    const { seen, ended } = start(['migrate', 'vm0', '--to', 'h:1', '--json']);
    expect(await ended).toEqual([0, null]);
    expect(JSON.parse(seen.out)).toEqual(completedView());
    expect(seen.out.trimEnd()).not.toContain('\n');
    expect(seen.log).toContain('m-1: active');
  });

  it('cancels at SIGINT and ends with 3', async () => {
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events') && agent.view.state === 'setup') child.kill('SIGINT');
      if (request.line.endsWith('/cancel'))
        agent.become(sampleView({ state: 'cancelled', endedAt: '2026-01-02T03:04:06.000Z' }));
    };
    const { child, ended } = start(['migrate', 'vm0', '--to', 'h:1']);
    expect(await ended).toEqual([3, null]);
  });

  it('leaves at once at the second SIGINT', async () => {
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events') || request.line.endsWith('/cancel')) child.kill('SIGINT');
    };
    const { child, seen, ended } = start(['migrate', 'vm0', '--to', 'h:1']);
    expect(await ended).toEqual([4, null]);
    expect(seen.log).toContain('see `godwit status m-1`\n');
  });

  it('ends quietly when nobody reads its output', async () => {
    const { child, seen, ended } = start(['completion', 'bash']);
    child.stdout.destroy();
    await ended;
    expect(seen.log).toBe('');
  });

  it('follows to the end although nobody reads its progress', async () => {
    agent.onRequest = (request) => {
      if (!request.line.endsWith('/events')) return;
      child.stderr.destroy();
      setTimeout(() => agent.become(agent.view.state === 'setup' ? sampleView() : completedView()), 50);
    };
    const { child, seen, ended } = start(['migrate', 'vm0', '--to', 'h:1', '--json']);
    expect(await ended).toEqual([0, null]);
    expect(JSON.parse(seen.out)).toEqual(completedView());
  });

  it('ends with 5 and one line when no agent is there', async () => {
    const { seen, ended } = start(['status', '--source', '127.0.0.1:9']);
    expect(await ended).toEqual([5, null]);
    expect(seen.log).toMatch(/^godwit: E_UNREACHABLE [^\n]*\n$/);
  });
});
