import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGuest, type GuestConsole, type GuestWork, kernelCommandLine, makeRecordDisk } from '@godwit/guest';
import { until } from '../../harness/condition.js';
import { freePort } from '../../harness/ports.js';
import type { RunningDaemon } from '../../harness/runningDaemon.js';
import { mountTmpfs } from '../../harness/smallDisk.js';
import type { HostOptions, Stage } from '../../harness/stage.js';
import { requireThat, type Skippable } from '../../harness/tools.js';
import { followConsole, requireGuest } from '../guest/machine.js';
import { VmApi, type VmMove } from './vmApi.js';

const MEBIBYTE = 1024 * 1024;
const DISK_BYTES = 64 * MEBIBYTE;
export const VM = 'guest';
const BOOT_MS = 60_000;

interface AgentOptions extends Pick<HostOptions, 'env' | 'args'> {
  /** Its folder of images is a file system of its own, of this size. */
  readonly roomBytes?: number;
}

export interface VmSceneOptions {
  readonly work?: GuestWork;
  readonly memoryMiB?: number;
  /** The record disk is on storage that both hosts have. */
  readonly shared?: boolean;
  readonly source?: AgentOptions;
  readonly destination?: AgentOptions;
}

/** One of two hosts: an agent, and the ports of it that lead to the guest while that is there. */
export interface VmHost {
  readonly agent: RunningDaemon;
  readonly vms: VmApi;
  readonly echoPort: number;
  readonly commandPort: number;
}

/** Two host agents and a guest on the first. */
export class VmScene {
  readonly stage: Stage;
  readonly source: VmHost;
  readonly destination: VmHost;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Of the guest, wherever it is: both QEMUs append to one file. */
  readonly console: GuestConsole;
  readonly diskPath: string;

  private constructor(parts: Pick<VmScene, 'stage' | 'source' | 'destination' | 'manifest' | 'console' | 'diskPath'>) {
    this.stage = parts.stage;
    this.source = parts.source;
    this.destination = parts.destination;
    this.manifest = parts.manifest;
    this.console = parts.console;
    this.diskPath = parts.diskPath;
  }

  /** The guest has booted and all that it is to do goes on. */
  static async booted(context: Skippable, stage: Stage, options: VmSceneOptions = {}): Promise<VmScene> {
    const scene = await VmScene.ready(context, stage, options);
    await scene.source.vms.run(scene.manifest);
    await scene.console.until('the guest to boot', ({ isReady }) => isReady, { patienceMs: BOOT_MS });
    return scene;
  }

  /** Both agents are there; nothing runs yet. */
  static async ready(context: Skippable, stage: Stage, options: VmSceneOptions = {}): Promise<VmScene> {
    requireVms(context);
    const { kernel, initrd } = await buildGuest();
    endMachinesWith(stage);
    const source = await hostOf(context, stage, options.source);
    const destination = await hostOf(context, stage, options.destination);
    const diskPath = stage.path('disk.raw');
    writeFileSync(diskPath, '');
    truncateSync(diskPath, DISK_BYTES);
    await makeRecordDisk(diskPath);
    const consolePath = stage.path('console.log');
    const console = followConsole(stage, consolePath);
    const manifest = {
      name: VM,
      uuid: '6f0d57a5-2a7e-4b8e-9d55-3a3b1f6d0001',
      qemu: { binary: 'qemu-system-x86_64', args: ['-no-reboot'] },
      machine: 'pc-q35-7.2',
      accel: 'tcg',
      cpu: { model: 'qemu64', count: 1 },
      memory: { bytes: (options.memoryMiB ?? 256) * MEBIBYTE },
      disks: [{ name: 'disk0', path: diskPath, ...(options.shared === true ? { shared: true } : {}) }],
      nics: [{ name: 'net0', mac: '52:54:00:67:6f:64', netdev: { type: 'user', forwards: forwardsOf(source) } }],
      kernel: { path: kernel, initrd, append: kernelCommandLine(options.work) },
      console: { path: consolePath },
    };
    return new VmScene({ stage, source, destination, manifest, console, diskPath });
  }

  /** A move of the guest to `to`, from the other one. */
  moveTo(to: VmHost, more: Partial<VmMove> = {}): VmMove {
    const from = to === this.destination ? this.source : this.destination;
    const mapNics = {
      [String(from.echoPort)]: String(to.echoPort),
      [String(from.commandPort)]: String(to.commandPort),
    };
    return { destination: to.agent.address, mapNics, ...more };
  }

  /** The guest's memory as it lies at a host; up to date where the guest stands still and was collected. */
  ramPath({ agent }: VmHost): string {
    return agent.imagePath(`${VM}-ram`);
  }
}

/** Skips the test, or fails it in CI, where machines cannot be run. */
export function requireVms(context: Skippable): void {
  requireGuest(context);
  requireThat(context, existsSync('/dev/fuse'), 'memory is served by FUSE, and there is no /dev/fuse');
}

async function hostOf(context: Skippable, stage: Stage, { roomBytes, ...options }: AgentOptions = {}): Promise<VmHost> {
  const agent = await stage.plannedHost(options);
  if (roomBytes !== undefined) await mountTmpfs(context, stage, agent.plan.directory ?? '', roomBytes);
  await agent.start();
  return { agent, vms: new VmApi(agent), echoPort: await freePort(), commandPort: await freePort() };
}

/** What the machines' programs wrote to stderr. */
function lastWords(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.stderr'));
  return files.map((path) => `--- ${path}\n${readFileSync(join(folder, path), 'utf8')}`).join('\n');
}

function forwardsOf({ echoPort, commandPort }: VmHost) {
  const host = '127.0.0.1';
  return [
    { protocol: 'tcp', host, hostPort: echoPort, guestPort: 7 },
    { protocol: 'tcp', host, hostPort: commandPort, guestPort: 8 },
  ];
}

/** Machines outlive their agents: what a test leaves is ended with its stage. */
function endMachinesWith(stage: Stage): void {
  let words: string | undefined;
  stage.keepOutput(() => words ?? lastWords(stage.directory));
  stage.atEnd(async () => {
    words = lastWords(stage.directory);
    for (const pid of machineProcesses(stage.directory)) end(pid);
    await until('the machines to end', () => machineProcesses(stage.directory).length === 0);
    for (const mount of mountsBelow(stage.directory)) spawnSync('umount', ['-l', mount]);
  });
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended since.
  }
}

/** Pids of machines whose working directory is below the folder: command lines lie in memory that may be nobody's to bring. */
export function machineProcesses(folder: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const isMachine = readlinkSync(join('/proc', entry, 'cwd')).startsWith(`${folder}/`);
      return isMachine ? [Number(entry)] : [];
    } catch {
      // It has ended since.
      return [];
    }
  });
}

export function mountsBelow(folder: string): string[] {
  const lines = readFileSync('/proc/mounts', 'utf8').split('\n');
  return lines.map((line) => line.split(' ')[1] ?? '').filter((path) => path.startsWith(folder));
}
