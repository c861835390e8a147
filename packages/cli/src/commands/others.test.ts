import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgent } from '../testing/fakeAgent.js';
import { TestContext } from '../testing/testContext.js';
import { completedView, sampleImage, sampleView } from '../testing/views.js';

let agent: FakeAgent;
let context: TestContext;
beforeEach(async () => {
  agent = await FakeAgent.listen();
  context = new TestContext();
  context.env['GODWIT_SOURCE'] = agent.url;
});
afterEach(() => agent.close());

const CANCELLED = sampleView({ state: 'cancelled', endedAt: '2026-01-02T03:04:06.000Z' });

describe('status and images', () => {
  it('lists, shows one, and prints JSON', async () => {
    agent.view = completedView();
    expect(await context.run('status')).toBe(0);
    expect(context.out.split('\n')[0]).toBe('ID   STATE      DONE  IMAGES  OWNER        ROUNDS  STARTED');
    context.out = '';
    expect(await context.run('status m-1')).toBe(0);
    expect(context.out).toContain('owner     the destination owns and serves\n');
    context.out = '';
    expect(await context.run('status --json')).toBe(0);
    expect(JSON.parse(context.out)).toEqual([completedView()]);
    context.out = '';
    expect(await context.run('images --json')).toBe(0);
    expect(JSON.parse(context.out)).toEqual([sampleImage()]);
    expect(context.log).toBe('');
  });

  it('says that there is no such migration, and which agent does not answer', async () => {
    expect(await context.run('status nope')).toBe(2);
    expect(context.log).toBe('godwit: E_NOT_FOUND there is no migration "nope"\n');
    context.log = '';
    expect(await context.run('images --source http://127.0.0.1:9')).toBe(5);
    expect(context.log).toMatch(
      /^godwit: E_UNREACHABLE http:\/\/127\.0\.0\.1:9 does not answer \(.*\); is an agent running there\? .*\n$/,
    );
  });
});

describe('watch', () => {
  it('follows to the end with the exit code of the migration', async () => {
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events')) agent.become(CANCELLED);
    };
    expect(await context.run('watch m-1')).toBe(3);
  });

  it('leaves the migration running at Ctrl-C', async () => {
    agent.onRequest = (request) => {
      if (!request.line.endsWith('/events')) return;
      context.interrupt();
      setTimeout(() => agent.become(completedView()), 10);
    };
    await context.run('watch m-1');
    expect(context.left).toBe(130);
    expect(agent.lines).not.toContain('POST /v1/migrations/m-1/cancel');
    expect(context.log).toContain('no longer watching; the migration goes on');
  });
});

describe('cutover and cancel', () => {
  it('cancel waits for the result', async () => {
    agent.onRequest = (request) => {
      if (request.line.endsWith('/cancel')) agent.view = CANCELLED;
    };
    expect(await context.run('cancel m-1')).toBe(0);
    expect(context.out).toBe('vm0: cancelled; the source owns and goes on\n');
  });

  it('cancel is a failure when the migration completed all the same', async () => {
    agent.view = completedView();
    expect(await context.run('cancel m-1')).toBe(1);
    expect(context.out).toContain('vm0: completed; the destination owns and serves\n');
  });

  it('cutover waits, or does not', async () => {
    expect(await context.run('cutover m-1 --no-wait')).toBe(0);
    expect(context.out).toBe('m-1: cutover asked for; see `godwit watch m-1`\n');
    agent.onRequest = (request) => {
      if (request.line.endsWith('/cutover')) agent.view = completedView();
    };
    context.out = '';
    expect(await context.run('cutover m-1 --json')).toBe(0);
    expect(JSON.parse(context.out)).toEqual(completedView());
  });
});

describe('help', () => {
  it('is shown for godwit alone (as a usage error) and with --help', async () => {
    expect(await context.run('')).toBe(2);
    expect(context.out).toBe('');
    expect(context.log).toContain('Exit codes:');
    expect(await context.run('--help')).toBe(0);
    expect(context.out).toContain('4  outcome unknown');
  });

  it('says that there is no help for what does not exist', async () => {
    expect(await context.run('help nonsense')).toBe(2);
    expect(context.log).toBe('godwit: E_USAGE there is no such command; see `godwit --help`\n');
  });

  it.each(['migrate', 'status', 'watch', 'cutover', 'cancel', 'images', 'demo', 'completion'])(
    '%s teaches by example',
    async (name) => {
      expect(await context.run(`${name} --help`)).toBe(0);
      expect(context.out).toMatch(new RegExp(`Examples:\n.*godwit ${name}`));
    },
  );
});

describe('the live display', () => {
  it('is drawn on a terminal, and leaves the cursor visible', async () => {
    let drawn = '';
    context.stderr = { isTTY: true, columns: 60, rows: 24, write: (text) => (drawn += text) };
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events')) agent.become(completedView());
    };
    expect(await context.run('watch m-1 --json')).toBe(0);
    expect(drawn).toContain('50.0%  1.3 Gbit/s  ETA 4.2s');
    expect(drawn.lastIndexOf('\u001b[?25h')).toBeGreaterThan(drawn.lastIndexOf('\u001b[?25l'));
    expect(JSON.parse(context.out)).toEqual(completedView());
  });
});
