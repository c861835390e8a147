/** The ways to see what a guest writes to its memory: each makes a memory image a file that QEMU can map. */
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { mountRam } from '../../../../packages/qemu/dist/index.js';
import { machineProcesses } from '../../e2e/vm/vmScene.js';
import { runWell } from '../../harness/foreignCommand.js';
import { mountOver } from '../../harness/fuseFile.js';
import type { Stage } from '../../harness/stage.js';
import { cpuSecondsOf } from '../processCost.js';
import { Dialogue } from './dialogue.js';

const EXPORT = 'ram';
const MEBIBYTE = 1024 * 1024;
const SOURCES = fileURLToPath(new URL('../../../../bench/vm/', import.meta.url));

/** Requests that the agent's NBD server met. */
export interface Counts {
  readonly writes: number;
  readonly writtenBytes: number;
}

/** A memory image that is ready to be mapped. */
export interface MemoryFile {
  /** What is to be mapped. */
  readonly path: string;
  /** The image itself. */
  readonly image: string;
  /** Of the process that maps it. */
  readonly env: Readonly<Record<string, string>>;
  /** To be called with the process once it has mapped the file. */
  mappedBy(pid: number): Promise<void>;
  /** Has all that was written known and readable at the image; milliseconds. */
  collect(): Promise<number>;
  counts(): Promise<Counts>;
  /** Processor seconds of all that stands between who writes and the image. */
  cpuSec(): number;
}

export interface Way {
  readonly name: string;
  open(stage: Stage, sizeBytes: number): Promise<MemoryFile>;
}

/** Compiles a program of bench/vm into the stage's folder. */
export async function compiled(stage: Stage, source: string, ...args: readonly string[]): Promise<string> {
  const program = stage.path(source.replace(/\.c$/, ''));
  await runWell('gcc', ['-O2', '-Wall', '-Wextra', ...args, '-o', program, SOURCES + source]);
  return program;
}

function newImage(stage: Stage, sizeBytes: number): string {
  const path = stage.path('ram.img');
  const fd = openSync(path, 'w');
  const mebibyte = Buffer.alloc(MEBIBYTE);
  for (let at = 0; at < sizeBytes; at += MEBIBYTE) writeSync(fd, randomFillSync(mebibyte));
  closeSync(fd);
  return path;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** Held open: by each opening of a file the kernel may drop all that it has of it. */
async function held(stage: Stage, path: string): Promise<FileHandle> {
  const file = await open(path, 'r+');
  // It fails where a mount's server has ended, and what else is to be ended must end then, too.
  stage.atEnd(() => file.close().catch(() => undefined));
  return file;
}

/** The image itself: nobody knows what was written. What everything else is measured against. */
const PLAIN: Way = {
  name: 'plain file',
  async open(stage, sizeBytes) {
    const image = newImage(stage, sizeBytes);
    const file = await held(stage, image);
    return {
      ...{ path: image, image, env: {} },
      mappedBy: async () => undefined,
      collect: () => timed(() => file.sync()),
      counts: async () => ({ writes: 0, writtenBytes: 0 }),
      cpuSec: () => 0,
    };
  },
};

/** The image itself, and the kernel's account of written pages. */
const PAGEMAP: Way = {
  name: 'pagemap',
  async open(stage, sizeBytes) {
    const image = newImage(stage, sizeBytes);
    const track = await compiled(stage, 'track.c', '-shared', '-fPIC');
    const collector = await compiled(stage, 'collect.c');
    let collecting: Dialogue | undefined;
    let found: Counts = { writes: 0, writtenBytes: 0 };
    const collect = async (): Promise<number> => {
      const [ms = 0, pages = 0, ranges = 0] = ((await collecting?.ask('')) ?? '').split(' ').map(Number);
      found = { writes: found.writes + ranges, writtenBytes: found.writtenBytes + pages * 4096 };
      return ms;
    };
    return {
      ...{ path: image, image, env: { LD_PRELOAD: track, GODWIT_TRACK: image } },
      mappedBy: async (pid) => {
        collecting = new Dialogue(stage, collector, [String(pid), image]);
        await collect();
      },
      collect,
      counts: async () => found,
      cpuSec: () => (collecting === undefined ? 0 : cpuSecondsOf(collecting.pid)),
    };
  },
};

/** Of the file system's place in /sys/class/bdi. */
type BdiSettings = Readonly<Record<string, number>>;

type Mount = (stage: Stage, socket: string) => ReturnType<typeof mountOver>;

/** A file by FUSE whose server is a client of the agent's NBD server. */
function mounted(name: string, mount: Mount, settings: BdiSettings = {}): Way {
  return {
    name: [name, ...Object.entries(settings).map(([setting, value]) => `${setting}=${value}`)].join(' '),
    async open(stage, sizeBytes) {
      const image = newImage(stage, sizeBytes);
      const socket = stage.path('nbd.sock');
      const agent = await stage.source({
        images: { [EXPORT]: `${image},kind=memory` },
        args: ['--nbd-unix', socket, '--peer-timeout', '30s'],
      });
      const { file: path, pid } = await mount(stage, socket);
      applySettings(path, settings);
      const opened = await held(stage, path);
      return {
        ...{ path, image, env: {} },
        mappedBy: async () => undefined,
        collect: () => timed(() => opened.sync()),
        counts: async () => countsIn(await agent.api.metrics()),
        cpuSec: () => cpuSecondsOf(agent.pid) + cpuSecondsOf(pid),
      };
    },
  };
}

/** As a host agent serves a guest's memory, whatever programs that takes. */
const GODWIT: Way = {
  name: 'as godwit does',
  async open(stage, sizeBytes) {
    const image = newImage(stage, sizeBytes);
    const nbdSocket = stage.path('nbd.sock');
    const agent = await stage.source({
      images: { [EXPORT]: `${image},kind=memory` },
      args: ['--nbd-unix', nbdSocket, '--peer-timeout', '30s'],
    });
    const served = { nbdSocket, exportName: EXPORT, imagePath: image, sizeBytes };
    const ram = await mountRam({ ...served, folder: await stage.folder('ram') });
    stage.atEnd(() => ram.discard());
    return {
      ...{ path: ram.path, image, env: {} },
      mappedBy: async () => undefined,
      collect: () => timed(() => ram.collect()),
      counts: async () => countsIn(await agent.api.metrics()),
      cpuSec: () => [agent.pid, ...machineProcesses(stage.directory)].reduce((sum, pid) => sum + cpuSecondsOf(pid), 0),
    };
  },
};

function countsIn(metrics: string): Counts {
  const value = (pattern: RegExp): number => Number(pattern.exec(metrics)?.[1] ?? 0);
  return {
    writes: value(/^godwit_nbd_requests_total\{[^}]*kind="write"[^}]*\} (\S+)$/m),
    writtenBytes: value(/^godwit_nbd_bytes_total\{[^}]*direction="write"[^}]*\} (\S+)$/m),
  };
}

/**
 * Of what may be dirty in the page cache FUSE gets a hundredth, and who writes more is made to wait: this lifts that
 * (Documentation/ABI/testing/sysfs-class-bdi).
 */
const NO_LIMIT: BdiSettings = { strict_limit: 0, max_ratio: 100 };

function applySettings(path: string, settings: BdiSettings): void {
  const { dev } = statSync(path);
  const bdi = `/sys/class/bdi/${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  for (const [name, value] of Object.entries(settings)) writeFileSync(`${bdi}/${name}`, String(value));
}

function byNbdfuse(...args: readonly string[]): Mount {
  return (stage, socket) =>
    mountOver(stage, 'nbdfuse', (file) => [...args, file, `nbd+unix:///${EXPORT}?socket=${socket}`]);
}

function byStorageDaemon(stage: Stage, socket: string): ReturnType<Mount> {
  const node = {
    driver: 'nbd',
    server: { type: 'unix', path: socket },
    export: EXPORT,
    'node-name': EXPORT,
    'reconnect-delay': 30,
  };
  return mountOver(stage, 'qemu-storage-daemon', (file) => [
    ...['--blockdev', JSON.stringify(node)],
    ...['--export', `type=fuse,id=export,node-name=${EXPORT},mountpoint=${file},writable=on`],
  ]);
}

/** By their names in --ways. */
export const WAYS: Readonly<Record<string, Way>> = {
  plain: PLAIN,
  nbdfuse: mounted('nbdfuse', byNbdfuse()),
  'nbdfuse-unlimited': mounted('nbdfuse', byNbdfuse(), NO_LIMIT),
  'nbdfuse-1': mounted('nbdfuse -C 1', byNbdfuse('-C', '1'), NO_LIMIT),
  'nbdfuse-8': mounted('nbdfuse -C 8', byNbdfuse('-C', '8'), NO_LIMIT),
  'nbdfuse-ahead-0': mounted('nbdfuse', byNbdfuse(), { read_ahead_kb: 0 }),
  'nbdfuse-ahead-1024': mounted('nbdfuse', byNbdfuse(), { read_ahead_kb: 1024 }),
  qsd: mounted('qemu-storage-daemon', byStorageDaemon),
  'qsd-unlimited': mounted('qemu-storage-daemon', byStorageDaemon, NO_LIMIT),
  'qsd-ahead-0': mounted('qemu-storage-daemon', byStorageDaemon, { read_ahead_kb: 0 }),
  'qsd-ahead-1024': mounted('qemu-storage-daemon', byStorageDaemon, { read_ahead_kb: 1024 }),
  pagemap: PAGEMAP,
  godwit: GODWIT,
};
