import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgent } from '../../testing/fakeAgent.js';
import { TestContext } from '../../testing/testContext.js';
import { completedView, sampleFinding, sampleView, sampleVm } from '../../testing/views.js';

let agent: FakeAgent;
let context: TestContext;
let folder: string;
beforeEach(async () => {
  agent = await FakeAgent.listen();
  context = new TestContext();
  context.env['GODWIT_SOURCE'] = agent.url;
  folder = mkdtempSync(join(tmpdir(), 'godwit-cli-vm-'));
});
afterEach(async () => {
  await agent.close();
  rmSync(folder, { recursive: true });
});

/** The body of the call of that line. */
function posted(line: string): unknown {
  return JSON.parse(agent.requests.find((request) => request.line === line)?.body ?? 'null');
}

const WARNING = sampleFinding();
const ERROR = sampleFinding({ severity: 'error', code: 'no-room', what: 'no room there', why: '', mend: '' });
const NOTE = sampleFinding({ severity: 'note', code: 'tcg', what: 'slow at both ends' });

describe('vm run', () => {
  it('sends the manifest with its paths made absolute, and prints what was started', async () => {
    const file = join(folder, 'web.json');
    writeFileSync(
      file,
      JSON.stringify({
        name: 'web',
        disks: [{ name: 'root', path: 'root.raw' }, { name: 'data', path: '/srv/data.raw' }, 'nonsense'],
        kernel: { path: 'boot/kernel', initrd: '../initrd', append: 'quiet' },
        console: { path: 'web.log' },
        memory: { bytes: '1G' },
      }),
    );
    expect(await context.run(`vm run ${file}`)).toBe(0);
    expect(posted('POST /v1/vms')).toEqual({
      manifest: {
        name: 'web',
        disks: [{ name: 'root', path: join(folder, 'root.raw') }, { name: 'data', path: '/srv/data.raw' }, 'nonsense'],
        kernel: { path: join(folder, 'boot/kernel'), initrd: join(folder, '../initrd'), append: 'quiet' },
        console: { path: join(folder, 'web.log') },
        memory: { bytes: '1G' },
      },
    });
    expect(context.out).toBe(
      [
        'machine   web (6a2f6a0e-0c0b-4c6e-9f4c-0b3f6f5b7a11)',
        'qemu      process 4711; its run state is running',
        'images    web-ram, web-state, web-root',
        'console   /srv/web.log',
        "command   qemu-system-x86_64 -name web -append 'console=ttyS0 quiet'",
        '',
      ].join('\n'),
    );
    context.out = '';
    expect(await context.run(`vm run ${file} --json`)).toBe(0);
    expect(JSON.parse(context.out)).toEqual(sampleVm());
  });

  it('refuses a file that is not there or no manifest, before any call', async () => {
    const file = join(folder, 'list.json');
    writeFileSync(file, '[]');
    expect(await context.run(`vm run ${file}`)).toBe(2);
    expect(context.log).toBe(`godwit: E_CONFIG configuration ${file}: expected one JSON object, a manifest\n`);
    context.log = '';
    expect(await context.run('vm run /nonexistent')).toBe(2);
    expect(context.log).toBe('godwit: E_CONFIG configuration /nonexistent: no such file\n');
    expect(agent.requests).toEqual([]);
  });
});

describe('vm start', () => {
  it('starts one that is off, and prints what was started', async () => {
    expect(await context.run('vm start web')).toBe(0);
    expect(agent.lines).toEqual(['POST /v1/vms/web/start']);
    expect(context.out.split('\n').at(-2)).toBe("command   qemu-system-x86_64 -name web -append 'console=ttyS0 quiet'");
    context.out = '';
    expect(await context.run('vm start web --json')).toBe(0);
    expect(JSON.parse(context.out)).toEqual(sampleVm());
  });

  it('is what comes behind powering off one that has a problem', async () => {
    agent.vm = sampleVm({ problem: 'its memory is gone' });
    expect(await context.run('vm status web')).toBe(0);
    expect(context.out).toContain('problem   its memory is gone');
    expect(context.out).toContain('to do     power it off from inside, then `godwit vm start web');
  });

  it('is what the status of one that is off advises', async () => {
    const { name, uuid, images } = sampleVm();
    agent.vm = { name, uuid, images, phase: 'stopped' };
    expect(await context.run('vm status web')).toBe(0);
    expect(context.out.replaceAll(/\n +/g, ' ')).toContain(
      `\`godwit vm start web --source ${agent.url}\` starts it again`,
    );
  });

  it('refuses a name that is none, before any call, and says what the agent says of one that runs', async () => {
    expect(await context.run('vm start ../x')).toBe(2);
    expect(agent.requests).toEqual([]);
    const message = 'virtual machine "web": it is known here already, and running';
    agent.answers.set('POST /v1/vms/web/start', { status: 409, body: JSON.stringify({ code: 'E_VM', message }) });
    expect(await context.run('vm start web')).toBe(1);
    expect(context.log).toContain(`godwit: E_VM ${message}\n`);
  });
});

describe('vm status, stop and forget', () => {
  it('lists machines', async () => {
    expect(await context.run('vm status')).toBe(0);
    expect(context.out.split('\n').slice(0, 2)).toEqual([
      'NAME  PHASE    QEMU      PID  IMAGES                      WHERE',
      'web   running  running  4711  web-ram,web-state,web-root  here',
    ]);
  });

  it('says where a machine went, and what to do', async () => {
    const location = 'http://host2:7401/v1/images/web-ram';
    const { name, uuid, images } = sampleVm();
    agent.vm = { name, uuid, images, phase: 'left', location };
    expect(await context.run('vm status web')).toBe(0);
    expect(context.out).toContain('where     http://host2:7401\n');
    expect(context.out).toContain('`godwit vm status web --source http://host2:7401`');
    expect(context.out).toContain(`\`godwit vm forget web --source ${agent.url}\` forgets it here`);
    agent.vm = { name, uuid, images, phase: 'left', location: 'https://127.0.0.1:7401/v1/images/web-ram' };
    expect(await context.run('vm status web')).toBe(0);
    expect(context.out).toContain('look on the host that took it: `godwit vm status web');
  });

  it('stops and forgets', async () => {
    expect(await context.run('vm stop web --force')).toBe(0);
    expect(posted('POST /v1/vms/web/stop')).toEqual({ force: true });
    context.out = '';
    expect(await context.run('vm forget web')).toBe(0);
    expect(context.out).toBe('web: forgotten; its disks stay where they are\n');
    expect(agent.lines).toContain('DELETE /v1/vms/web');
  });

  it('believes no answer that is not of its kind', async () => {
    agent.answers.set('GET /v1/vms', { status: 200, body: '[{"name":"web","uuid":"","phase":"asleep","images":[]}]' });
    expect(await context.run('vm status')).toBe(1);
    expect(context.log).toMatch(/^godwit: E_NOT_GODWIT /);
  });
});

describe('vm check', () => {
  it('ends with 0 for nothing and for notes, with 1 for the rest', async () => {
    expect(await context.run('vm check web --to host2:7400')).toBe(0);
    expect(context.out).toBe('nothing stands against moving web to host2:7400\n');
    agent.findings = [NOTE];
    expect(await context.run('vm check web --to host2:7400')).toBe(0);
    agent.findings = [WARNING];
    expect(await context.run('vm check web --to host2:7400')).toBe(1);
    agent.findings = [ERROR];
    expect(await context.run('vm check web --to host2:7400')).toBe(1);
  });

  it('shows the gravest first, and sends what the move is to be', async () => {
    agent.findings = [NOTE, WARNING, ERROR];
    expect(
      await context.run('vm check web --to host2:7400 --storage shared --map-nic br0=br1 --map-nic 2222=2223,80=81'),
    ).toBe(1);
    expect(posted('POST /v1/vms/web/check')).toEqual({
      destination: 'host2:7400',
      storage: 'shared',
      mapNics: { br0: 'br1', 2222: '2223', 80: '81' },
    });
    expect(context.out.split('\n')).toEqual([
      'error     no room there (no-room)',
      'warning   the destination has an older QEMU (qemu-older)',
      '  why     7.2 is there, 8.0 is here',
      '  mend    install QEMU 8.0 there',
      'note      slow at both ends (tcg)',
      '  why     7.2 is there, 8.0 is here',
      '  mend    install QEMU 8.0 there',
      '',
      '1 error, 1 warning, 1 note',
      '',
    ]);
    context.out = '';
    expect(await context.run('vm check web --to host2:7400 --json')).toBe(1);
    expect(JSON.parse(context.out)).toEqual(agent.findings);
  });

  it.each([
    ['vm check web', 'E_USAGE vm check needs --to HOST:PORT'],
    ['vm check ../x --to h:1', 'E_BAD_NAME "../x" is no image name'],
    ['vm check web --to h:1 --map-nic br0', 'E_BAD_VALUE --map-nic is "br0"; expected OLD=NEW'],
    ['vm check web --to h:1 --map-nic a=b,a=c', 'E_BAD_VALUE --map-nic is "a=c"; expected OLD=NEW'],
    ['vm migrate web --to h:1 --storage nfs', 'E_BAD_VALUE --storage is "nfs"; expected copy or shared'],
    ['vm migrate web --to h:1 --mode cold', "E_USAGE unknown option '--mode'"],
    ['vm migrat web', "E_USAGE unknown command 'migrat' (Did you mean migrate?); see `godwit vm --help`"],
    ['vm', 'E_USAGE vm needs another command; see `godwit vm --help`'],
  ])('%s', async (line, start) => {
    expect(await context.run(line)).toBe(2);
    expect(context.log.startsWith(`godwit: ${start}`), context.log).toBe(true);
    expect(agent.requests).toEqual([]);
  });
});

describe('vm migrate', () => {
  const START = 'POST /v1/vms/web/migrations';

  /** Lets the migration become that, a moment after it was asked to be followed. */
  function becomes(view: ReturnType<typeof sampleView>): void {
    agent.onRequest = (request) => {
      if (request.line.endsWith('/events')) agent.become(view);
    };
  }

  it('checks, starts with the pause of QEMU, and ends with where the machine is', async () => {
    const downtime = { totalMs: 80, drainMs: 1, finalRoundMs: 40, verifyMs: 20, persistMs: 9, takeoverMs: 10 };
    becomes(completedView({ downtime: { ...downtime, onFreezeMs: 40 } }));
    expect(await context.run('vm migrate web --to host2:7400 --lanes 2')).toBe(0);
    expect(posted(START)).toEqual({ destination: 'host2:7400', downtimeLimitMs: 300, lanes: 2 });
    expect(agent.lines.indexOf('POST /v1/vms/web/check')).toBeLessThan(agent.lines.indexOf(START));
    expect(context.out.split('\n').slice(0, 3)).toEqual([
      'machine   web runs at host2:7400 now',
      'pause     it stood still for 120ms = 40ms to freeze it + 80ms of downtime',
      'verdict   vm0: completed; the destination owns and serves',
    ]);
  });

  it('starts nothing against an error, forced or not', async () => {
    agent.findings = [ERROR, WARNING];
    expect(await context.run('vm migrate web --to host2:7400 --force-warnings --json')).toBe(1);
    expect(agent.lines).not.toContain(START);
    expect(context.log.split('\n')[0]).toBe('error     no room there (no-room)');
    expect(context.log).toContain('E_VM_FINDINGS "web" stays where it is: 1 error, 1 warning; mend the errors first\n');
    expect(JSON.parse(context.out)).toMatchObject({ error: { code: 'E_VM_FINDINGS' }, findings: agent.findings });
  });

  it('starts in spite of a warning where that is forced', async () => {
    agent.findings = [WARNING];
    expect(await context.run('vm migrate web --to host2:7400 --detach')).toBe(1);
    expect(agent.lines).not.toContain(START);
    expect(await context.run('vm migrate web --to host2:7400 --detach --force-warnings --downtime 50ms')).toBe(0);
    expect(context.out).toBe('m-1\n');
    expect(posted(START)).toMatchObject({ forceWarnings: true, downtimeLimitMs: 50 });
  });

  it('says that the machine runs on where the migration failed, and of one that is off that it is', async () => {
    const endedAt = '2026-01-02T03:04:06.000Z';
    becomes(sampleView({ state: 'failed', endedAt, error: { code: 'E_TIMEOUT', message: 'too long' } }));
    expect(await context.run('vm migrate web --to host2:7400')).toBe(1);
    expect(context.out.split('\n')[0]).toBe('machine   web runs on here');
    agent.view = sampleView();
    becomes(completedView({ mode: 'cold' }));
    context.out = '';
    expect(await context.run('vm migrate web --to host2:7400')).toBe(0);
    expect(context.out.split('\n')[0]).toBe('machine   web is at host2:7400 now, and off');
    agent.view = sampleView();
    becomes(sampleView({ state: 'outcome-unknown' }));
    context.out = '';
    expect(await context.run('vm migrate web --to host2:7400 --patience 100ms')).toBe(4);
    expect(context.out.split('\n')[0]).toBe(
      'machine   where web goes on is not known yet; here it stands still until it is',
    );
  });

  it('cancels at Ctrl-C, and says at the second one which agent to ask', async () => {
    const cancelled = sampleView({ state: 'cancelled', endedAt: '2026-01-02T03:04:06.000Z' });
    agent.onRequest = (request) => {
      if (!request.line.endsWith('/events')) return;
      context.interrupt();
      context.interrupt();
      agent.become(cancelled);
    };
    expect(await context.run('vm migrate web --to host2:7400')).toBe(3);
    expect(context.left).toBe(4);
    expect(context.log).toContain(`see \`godwit status m-1 --source ${agent.url}\`\n`);
  });
});

it.each(['run', 'status', 'check', 'migrate', 'stop', 'start', 'forget', 'demo'])(
  'vm %s teaches by example',
  async (name) => {
    expect(await context.run(`vm ${name} --help`)).toBe(0);
    expect(context.out).toMatch(new RegExp(`Examples:\n.*godwit vm ${name}`));
  },
);
