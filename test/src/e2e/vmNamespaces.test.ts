/** docs/TWO-NAMESPACES.md, typed as it stands: a guest moves between two network namespaces and back, by the commands of README. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ConsoleLog, type GuestConsole, type GuestStatus, readRecords } from '@godwit/guest';
import { expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { run, runWell } from '../harness/foreignCommand.js';
import { hasFields, parseJson } from '../harness/jsonGuards.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireRoot, requireTool } from '../harness/tools.js';
import { followConsole } from './guest/machine.js';
import { untilAtWork } from './vm/judging.js';
import { Terminal } from './vm/terminal.js';
import { requireVms } from './vm/vmScene.js';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = join(REPOSITORY, 'docs/TWO-NAMESPACES.md');
const HOSTS = ['host1', 'host2'] as const;
type Place = 'anywhere' | (typeof HOSTS)[number];

/** The page's blocks of commands, typed one after the other where they say. Names that a machine has once are the test's own. */
class Page {
  readonly folder: string;
  readonly #stage: Stage;
  readonly #blocks: readonly string[][];
  readonly #terminals = new Map<Place, Terminal>();
  #next = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.folder = stage.path('two');
    const text = readFileSync(PAGE, 'utf8').replaceAll('/tmp/two', this.folder);
    this.#blocks = [...text.matchAll(/^```sh\n(.*?)\n```$/gms)].map(([, block = '']) => block.split('\n'));
    for (const host of HOSTS) stage.atEnd(() => removeNamespace(namespaceOf(host)));
  }

  get isTyped(): boolean {
    return this.#next === this.#blocks.length;
  }

  /** The next block, which says that it is for that place: what its commands printed, none of which may fail. */
  async type(place: Place): Promise<string> {
    const [head = '', ...lines] = this.#blocks[this.#next++] ?? [];
    expect(head).toBe(`# ${place}`);
    let printed = '';
    for (const line of lines) {
      const { code, output } = await this.terminal(place).type(named(line));
      expect(code, `${line}\n${output}`).toBe(0);
      printed += output;
    }
    return printed;
  }

  terminal(place: Place): Terminal {
    const known = this.#terminals.get(place);
    if (known !== undefined) return known;
    const wrapper = place === 'anywhere' ? [] : ['ip', 'netns', 'exec', namespaceOf(place)];
    const terminal = Terminal.open(this.#stage, REPOSITORY, wrapper);
    this.#terminals.set(place, terminal);
    return terminal;
  }
}

function namespaceOf(host: (typeof HOSTS)[number]): string {
  return `${host}-${process.pid}`;
}

function named(line: string): string {
  return line.replaceAll(/\bhost[12]\b/g, (host) => `${host}-${process.pid}`);
}

async function pidsIn(namespace: string): Promise<number[]> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

/** With all that runs there: machines outlive their agents. */
async function removeNamespace(namespace: string): Promise<void> {
  if (!existsSync(`/run/netns/${namespace}`)) return;
  for (const pid of await pidsIn(namespace)) await run('kill', ['-9', String(pid)]);
  await until('nothing to run there', async () => (await pidsIn(namespace)).length === 0);
  await runWell('ip', ['netns', 'del', namespace]);
}

type Told = Pick<GuestStatus, 'bootId' | 'ticks' | 'oracle' | 'disk' | 'diskSeq'>;

/** The line in which the guest tells of itself. */
function toldIn(printed: string): Told {
  const value = parseJson(printed.split('\n').find((line) => line.startsWith('{"bootId"')) ?? '');
  if (isTold(value)) return value;
  throw new Error(`the guest told nothing of itself:\n${printed}`);
}

function isTold(value: unknown): value is Told {
  const fields = { bootId: 'string', ticks: 'number', oracle: 'string', disk: 'string', diskSeq: 'number' } as const;
  return hasFields(value, fields, 'what the guest tells of itself');
}

async function untilItGoesOn(console: GuestConsole): Promise<void> {
  const isOn = (since: ConsoleLog['ticks'][number] | undefined) => (log: ConsoleLog) =>
    (log.lastTick?.seq ?? 0) > (since?.seq ?? 0) + 20;
  await console.until('the counter to go on', isOn(console.lastTick));
}

function expectMoved(printed: string, host: string): void {
  expect(printed).toContain(`nothing stands against moving guest to ${host}:7400\n`);
  expect(printed).toContain(`machine   guest runs at ${host}:7400 now\n`);
  expect(printed).toMatch(/^pause {5}it stood still for /m);
  expect(printed).toMatch(/^verified {2}full: .* equal on both sides; no differences/m);
}

function expectSameGuest(before: Told, after: Told): void {
  expect(after).toMatchObject({ bootId: before.bootId, oracle: 'ok', disk: 'ok' });
  expect(after.ticks).toBeGreaterThan(before.ticks);
  expect(after.diskSeq).toBeGreaterThan(before.diskSeq);
}

it('moves there and back by the commands that the page tells, and is the same guest', async (context) => {
  requireRoot(context);
  requireTool(context, 'ip');
  requireVms(context);
  const stage = stageForTest();
  const page = new Page(stage);
  await page.type('anywhere');
  for (const host of HOSTS) await page.type(host);
  // Nobody types as fast as this test does.
  for (const host of HOSTS) await page.terminal(host).type('until godwit vm status; do :; done');
  const console = followConsole(stage, join(page.folder, 'guest.log'));
  expect(await page.type('host1')).toMatch(/^command {3}qemu-system-x86_64 .*^guest +running +running .* here$/ms);
  await untilAtWork({ console });
  const first = toldIn(await page.type('host1'));
  expect(first).toMatchObject({ oracle: 'ok', disk: 'ok' });

  const there = await page.type('host1');
  expectMoved(there, '10.0.0.2');
  expect(there).toMatch(/^guest +left /m);
  await untilItGoesOn(console);
  const back = await page.type('host2');
  expect(back).toMatch(/^guest +running +running .* here$/m);
  const second = toldIn(back);
  expectSameGuest(first, second);
  expectMoved(back, '10.0.0.1');
  await untilItGoesOn(console);
  const last = await page.type('host1');
  expect(last).toMatch(/^guest +running +running .* here$/m);
  expectSameGuest(second, toldIn(last));
  expect(console.bootIds).toEqual([first.bootId]);
  const seqs = console.ticks.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));

  expect(await page.type('host1')).toContain('phase     stopped: ');
  const { diskSeq } = console;
  const disk = join(page.folder, namespaceOf('host1'), 'guest-disk.img');
  const records = await readRecords(disk, await stage.folder('read'));
  expect(records.findings).toEqual([]);
  expect(records.lastSeq).toBeGreaterThanOrEqual(diskSeq);
  await page.type('host2');
  for (const host of HOSTS) {
    await page.terminal(host).exit();
    await until('the agent to end', async () => (await pidsIn(namespaceOf(host))).length === 0);
  }
  await page.type('anywhere');
  expect({ isTyped: page.isTyped, isThere: existsSync(page.folder) }).toEqual({ isTyped: true, isThere: false });
}, 300_000);
