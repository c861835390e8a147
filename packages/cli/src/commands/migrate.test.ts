import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgent } from '../testing/fakeAgent.js';
import { TestContext } from '../testing/testContext.js';
import { completedView, sampleView } from '../testing/views.js';

let agent: FakeAgent;
let context: TestContext;
let folder: string;
beforeEach(async () => {
  agent = await FakeAgent.listen();
  context = new TestContext();
  context.env['GODWIT_SOURCE'] = agent.url;
  folder = mkdtempSync(join(tmpdir(), 'godwit-cli-'));
});
afterEach(async () => {
  await agent.close();
  rmSync(folder, { recursive: true });
});

/** What was posted to start the migration. */
function posted(): unknown {
  return JSON.parse(agent.requests.find((request) => request.line === 'POST /v1/migrations')?.body ?? 'null');
}

describe('what migrate asks for', () => {
  it('sends images and destination alone when nothing else is said', async () => {
    expect(await context.run('migrate vm0 vm1 --to host2:7400 --detach')).toBe(0);
    expect(context.out).toBe('m-1\n');
    expect(context.log).toBe('');
    expect(posted()).toEqual({ images: ['vm0', 'vm1'], destination: 'host2:7400' });
  });

  it('sends every option in the units of the API', async () => {
    const options =
      '--mode cold --downtime 30ms --bandwidth 1Gbit --scrub-rate 20MB/s --lanes 4 --verify wire --max-rounds 9 --timeout 1h --on-stall force --cutover manual --resume-for 5m --seed';
    expect(await context.run(`migrate vm0 --to h:7400 ${options} --detach --json`)).toBe(0);
    expect(context.out).toBe('{"id":"m-1"}\n');
    expect(posted()).toEqual({
      images: ['vm0'],
      destination: 'h:7400',
      mode: 'cold',
      downtimeLimitMs: 30,
      bandwidthLimit: 125_000_000,
      scrubLimit: 20_000_000,
      lanes: 4,
      verify: 'wire',
      maxRounds: 9,
      timeoutMs: 3_600_000,
      onStall: 'force',
      cutover: 'manual',
      patienceMs: 300_000,
      seed: true,
    });
  });

  it('takes a flag over a variable over the file', async () => {
    const path = join(folder, 'godwit.json');
    writeFileSync(path, '{"to": "file:1", "lanes": 2, "max-rounds": 7, "detach": true, "bandwidth": "1Gbit"}');
    context.env['GODWIT_TO'] = 'variable:2';
    context.env['GODWIT_LANES'] = '3';
    context.env['GODWIT_CONFIG'] = path;
    context.env['GODWIT_MODE'] = '';
    expect(await context.run('migrate vm0 --lanes 4 --bandwidth off')).toBe(0);
    expect(posted()).toEqual({ images: ['vm0'], destination: 'variable:2', lanes: 4, maxRounds: 7 });
  });

  it('sends the token of the file', async () => {
    const path = join(folder, 'token');
    writeFileSync(path, 'a-token-of-20-letters\n');
    expect(await context.run(`migrate vm0 --to h:1 --detach --token-file ${path}`)).toBe(0);
    expect(agent.requests[0]?.authorization).toBe('Bearer a-token-of-20-letters');
  });
});

describe('what migrate refuses before any call', () => {
  it.each([
    ['migrate vm0 --to h:1 --lanes 0', 'E_BAD_VALUE --lanes is "0"; expected a whole number from 1 to 16'],
    ['migrate vm0 --to h:1 --lanes 1.5', 'E_BAD_VALUE --lanes is "1.5"; expected a whole number from 1 to 16'],
    ['migrate vm0 --to h:1 --lanes -1', 'E_BAD_VALUE --lanes is "-1"; expected a whole number from 1 to 16'],
    [
      'migrate vm0 --to h:1 --downtime 50',
      'E_BAD_VALUE --downtime is "50"; expected a duration such as 50ms, 10s, 5m or 1h',
    ],
    [
      'migrate vm0 --to h:1 --downtime 50lightyears',
      'E_BAD_VALUE --downtime is "50lightyears"; expected a duration such as',
    ],
    ['migrate vm0 --to h:1 --bandwidth 7parsec', 'E_BAD_VALUE --bandwidth is "7parsec"; expected a rate such as 1Gbit'],
    ['migrate vm0 --to h:1 --scrub-rate fast', 'E_BAD_VALUE --scrub-rate is "fast"; expected a rate such as 1Gbit'],
    ['migrate vm0 --to h:1 --timeout 0s', 'E_BAD_VALUE --timeout is "0s"; expected a duration above zero such as'],
    ['migrate vm0 --to h:1 --timeout 99999h', 'E_BAD_VALUE --timeout is "99999h"; expected at most 596h'],
    ['migrate vm0 --to h:1 --mode lukewarm', 'E_BAD_VALUE --mode is "lukewarm"; expected live or cold'],
    ['migrate vm0 --to nowhere', 'E_BAD_VALUE --to is "nowhere"; expected HOST:PORT, such as'],
    ['migrate vm0 --to h:0', 'E_BAD_VALUE --to is "h:0"; expected the port of the destination, such as HOST:7400'],
    [
      'migrate vm0 --to h:1 --source ftp://x',
      'E_BAD_VALUE --source is "ftp://x"; expected an http or https URL such as',
    ],
    ['migrate ../etc --to h:1', 'E_BAD_NAME "../etc" is no image name'],
    ['migrate vm0 vm0 --to h:1', 'E_USAGE image "vm0" is named twice'],
    ['migrate vm0', 'E_USAGE migrate needs --to HOST:PORT'],
    ['migrate --to h:1', "E_USAGE missing required argument 'name'"],
    ['migrate vm0 --to', "E_USAGE option '--to <host:port>' argument missing"],
    ['migrate vm0 --tto h:1', "E_USAGE unknown option '--tto' (Did you mean --to?)"],
    [
      'migrate vm0 --to h:1 --token-file /nonexistent',
      'E_TOKEN_FILE token file /nonexistent: no such file; it must hold',
    ],
    ['migrate vm0 --to h:1 --config /nonexistent', 'E_CONFIG configuration /nonexistent: no such file'],
    ['migrat vm0', "E_USAGE unknown command 'migrat' (Did you mean migrate?)"],
    ['status a b', "E_USAGE too many arguments for 'status'. Expected 1 argument but got 2."],
    [
      'completion fish',
      "E_USAGE command-argument value 'fish' is invalid for argument 'shell'. Allowed choices are bash, zsh.",
    ],
  ])('%s', async (line, start) => {
    expect(await context.run(line)).toBe(2);
    expect(context.out).toBe('');
    expect(context.log.startsWith(`godwit: ${start}`), context.log).toBe(true);
    expect(context.log.trimEnd().split('\n')).toHaveLength(1);
    expect(agent.requests).toEqual([]);
  });

  it('names the variable or the place in the file that is wrong', async () => {
    context.env['GODWIT_LANES'] = '17';
    await context.run('migrate vm0 --to h:1');
    expect(context.log).toBe('godwit: E_BAD_VALUE GODWIT_LANES is "17"; expected a whole number from 1 to 16\n');
    const path = join(folder, 'godwit.json');
    writeFileSync(path, '{"mode": "lukewarm"}');
    context.log = '';
    await context.run(`migrate vm0 --to h:1 --lanes 1 --config ${path}`);
    expect(context.log).toBe(`godwit: E_BAD_VALUE mode in ${path} is "lukewarm"; expected live or cold\n`);
    writeFileSync(path, '{"lane": 1}');
    context.log = '';
    await context.run(`migrate vm0 --to h:1 --config ${path}`);
    expect(context.log).toMatch(/^godwit: E_CONFIG configuration .*: unknown name "lane"; known: .*lanes/);
  });
});

describe('how migrate ends', () => {
  /** Lets the migration become each of these, a moment after it was asked to be followed. */
  function becomes(...views: ReturnType<typeof sampleView>[]): void {
    agent.onRequest = (request) => {
      if (!request.line.endsWith('/events')) return;
      const next = views.shift();
      if (next !== undefined) setTimeout(() => agent.become(next), 10);
    };
  }

  it('0: done, with plain lines on stderr and the summary on stdout', async () => {
    becomes(sampleView(), completedView());
    expect(await context.run('migrate vm0 --to h:1')).toBe(0);
    expect(context.log.split('\n')).toEqual([
      'migration m-1 of vm0: setup (agreeing with the destination)',
      'm-1: active (copying while the workload writes)',
      'round 1: 1 GiB, 256 MiB of it zeros, 140 MiB on the wire in 3.1s (379 Mbit/s), 34 MiB dirtied meanwhile',
      'm-1: completed (done)',
      '',
    ]);
    expect(context.out.split('\n')[0]).toBe('verdict   vm0: completed; the destination owns and serves');
  });

  it('0: with --json nothing but the final view on stdout', async () => {
    becomes(completedView());
    expect(await context.run('migrate vm0 --to h:1 --json')).toBe(0);
    expect(JSON.parse(context.out)).toEqual(completedView());
  });

  it('1: failed, with the reason', async () => {
    const error = { code: 'E_NO_CONVERGE', message: 'the migration does not converge: 30 rounds' };
    becomes(sampleView({ state: 'failed', error, endedAt: '2026-01-02T03:04:06.000Z' }));
    expect(await context.run('migrate vm0 --to h:1')).toBe(1);
    expect(context.out).toContain('reason    E_NO_CONVERGE the migration does not converge: 30 rounds\n');
  });

  it('5: the destination does not answer', async () => {
    const error = { code: 'E_UNREACHABLE', message: 'h:1 does not answer (connection refused)' };
    becomes(sampleView({ state: 'failed', error, endedAt: '2026-01-02T03:04:06.000Z' }));
    expect(await context.run('migrate vm0 --to h:1')).toBe(5);
  });

  it('3: cancelled by somebody else', async () => {
    becomes(sampleView({ state: 'cancelled', endedAt: '2026-01-02T03:04:06.000Z' }));
    expect(await context.run('migrate vm0 --to h:1')).toBe(3);
    expect(context.out).toContain('verdict   vm0: cancelled; the source owns and goes on\n');
  });

  it('4: the outcome stays unknown', async () => {
    becomes(sampleView({ state: 'outcome-unknown' }));
    expect(await context.run('migrate vm0 --to h:1 --patience 100ms')).toBe(4);
    expect(context.out).toContain('verdict   vm0: outcome-unknown; not known yet: the source has given up ownership');
  });

  it('5 when the source goes away while it copies, 4 when it goes away in the switch', async () => {
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events')) void agent.close();
    };
    agent.view = sampleView();
    expect(await context.run('migrate vm0 --to h:1 --patience 50ms')).toBe(5);
    agent = await FakeAgent.listen();
    agent.view = sampleView({ state: 'switchover' });
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events')) void agent.close();
    };
    context.env['GODWIT_SOURCE'] = agent.url;
    expect(await context.run('migrate vm0 --to h:1 --patience 50ms')).toBe(4);
    agent = await FakeAgent.listen();
  });

  it("by the exit code of the source's refusal, as one JSON document too", async () => {
    const refusal = { code: 'E_BUSY_IMAGE', message: 'image "vm0" is on the move in migration m-0' };
    agent.answers.set('POST /v1/migrations', { status: 409, body: JSON.stringify(refusal) });
    expect(await context.run('migrate vm0 --to h:1 --json')).toBe(1);
    expect(context.log).toBe('godwit: E_BUSY_IMAGE image "vm0" is on the move in migration m-0\n');
    expect(JSON.parse(context.out)).toMatchObject({ error: refusal });
    agent.answers.set('POST /v1/migrations', { status: 401, body: '{"code":"E_UNAUTHORIZED","message":"no"}' });
    expect(await context.run('migrate vm0 --to h:1')).toBe(2);
  });
});

describe('Ctrl-C in migrate', () => {
  const CANCELLED = sampleView({ state: 'cancelled', endedAt: '2026-01-02T03:04:06.000Z' });

  it('cancels and waits for the result', async () => {
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events') && agent.view.state === 'setup') context.interrupt();
      if (request.line.endsWith('/cancel')) agent.become(CANCELLED);
    };
    expect(await context.run('migrate vm0 --to h:1')).toBe(3);
    expect(context.log).toContain('cancelling; Ctrl-C again leaves at once\n');
    expect(context.left).toBeUndefined();
  });

  it('cancels once the id is known when it came before', async () => {
    agent.onRequest = (request) => {
      if (request.line === 'POST /v1/migrations') context.interrupt();
      if (request.line.endsWith('/cancel')) agent.become(CANCELLED);
    };
    expect(await context.run('migrate vm0 --to h:1')).toBe(3);
  });

  it('leaves at the second one and says where to look', async () => {
    agent.onRequest = (request) => {
      if (!request.line.endsWith('/events')) return;
      context.interrupt();
      context.interrupt();
      // A real process is gone by now.
      setTimeout(() => agent.become(CANCELLED), 10);
    };
    await context.run('migrate vm0 --to h:1');
    expect(context.left).toBe(4);
    expect(context.log).toContain('the migration may still be on its way: see `godwit status m-1`\n');
  });

  it('says so when it is too late to cancel, and waits on', async () => {
    const refusal = { code: 'E_TOO_LATE', message: 'migration m-1 is switchover; it is too late to cancel' };
    agent.answers.set('POST /v1/migrations/m-1/cancel', { status: 409, body: JSON.stringify(refusal) });
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events') && agent.view.state === 'setup') context.interrupt();
      if (request.line.endsWith('/cancel')) setTimeout(() => agent.become(completedView()), 20);
    };
    expect(await context.run('migrate vm0 --to h:1')).toBe(0);
    expect(context.log).toContain('godwit: E_TOO_LATE migration m-1 is switchover; it is too late to cancel\n');
  });
});
