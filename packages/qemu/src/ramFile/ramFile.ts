import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GodwitError, problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';
import { DetachedProcess } from '../process/detachedProcess.js';
import { QEMU_NAME } from '../process/qemuProcess.js';
import { until } from '../process/until.js';
import { askLine } from './askLine.js';
import { isMounted } from './mountTable.js';
import { formatRanges, type Range } from './ranges.js';
import { controlSocket, SERVER_NAME, serveFile } from './serveFile.js';
import { unmount } from './unmount.js';

const KEEPER = fileURLToPath(new URL('./keeper.js', import.meta.url));
const KEEPER_NAME = 'ram-keeper';

export interface RamOptions {
  /** The memory's image: a file, which is served over NBD too. */
  readonly imagePath: string;
  readonly nbdSocket: string;
  readonly exportName: string;
  /** Of this guest alone; the file is FOLDER/ram. */
  readonly folder: string;
  readonly sizeBytes: number;
}

/**
 * A guest's memory as a file for QEMU, whose changes go to an NBD export. The program that makes it one goes on without the agent, and holds
 * writes back while it is away (ramServer.ts). The agent itself never touches the file (keeper.ts).
 */
export class RamFile {
  readonly path: string;
  readonly #folder: string;
  readonly #server: DetachedProcess;
  readonly #keeper: DetachedProcess;

  constructor(folder: string, server: DetachedProcess, keeper: DetachedProcess) {
    this.path = ramPath(folder);
    this.#folder = folder;
    this.#server = server;
    this.#keeper = keeper;
  }

  /** What makes it a file runs. Without that what is cached can be read, nothing is kept, and a page that is not cached is the end of who needs it. */
  get isServed(): boolean {
    return this.#server.isRunning;
  }

  /**
   * What the guest has changed is at the export afterwards: what the kernel held of the file is written, and flushed.
   *
   * @param inSteps for a guest that runs: the kernel marks all pages that it is going to write, and whoever changes one of them waits for those
   *   before it. A step has few
   * @throws GodwitError E_RAM_FILE
   */
  collect({ inSteps = false } = {}): Promise<void> {
    return this.#ask(this.#keeper, inSteps ? 'collect in steps' : 'collect', QEMU_BOUNDS.collectMs);
  }

  /**
   * What the image holds of these ranges is in the file's page cache afterwards, and nothing older: for a memory that arrives, and that no
   * guest writes to yet.
   *
   * @throws GodwitError E_RAM_FILE; then the cache may hold something older
   */
  async store(ranges: readonly Range[]): Promise<void> {
    for (let first = 0; first < ranges.length; first += QEMU_BOUNDS.ramRanges) {
      const some = ranges.slice(first, first + QEMU_BOUNDS.ramRanges);
      await this.#ask(this.#server, `store ${formatRanges(some)}`, QEMU_BOUNDS.collectMs);
    }
  }

  /**
   * Not a file any more, also when what serves the image is gone. What was not collected may be lost. QEMU is to be ended before.
   *
   * @throws GodwitError E_QEMU_STUCK; E_RAM_FILE when it stays mounted
   */
  async close(): Promise<void> {
    // Its server first: then nothing waits for that any more, the keeper's own end among it.
    await this.#server.end();
    await this.#keeper.end();
    await removeFile(this.#folder);
  }

  /** As close, at once: what was not collected is of no use. QEMU may be there yet; it finds no memory any more. */
  async discard(): Promise<void> {
    await Promise.all([this.#server.kill(), this.#keeper.kill()]);
    await removeFile(this.#folder);
  }

  async #ask(program: DetachedProcess, request: string, timeoutMs: number): Promise<void> {
    try {
      await askLine(program.record.socket, request, timeoutMs);
    } catch (error) {
      throw new GodwitError('E_RAM_FILE', { path: this.path, problem: problemOf(error) }, { cause: error });
    }
  }
}

/**
 * Makes the image a file.
 *
 * @throws GodwitError E_RAM_FILE that says what is missing; E_QEMU_START when a program does not start
 */
export async function mountRam(options: RamOptions): Promise<RamFile> {
  const { folder, sizeBytes } = options;
  const path = ramPath(folder);
  if (await isMounted(path)) throw new GodwitError('E_RAM_FILE', { path, problem: 'something is mounted there' });
  await writeFile(path, '', { mode: 0o600 });
  let server: DetachedProcess | undefined;
  try {
    server = await serveFile({ ...options, path });
    return new RamFile(folder, server, await startKeeper(folder, sizeBytes));
  } catch (error) {
    await server?.end();
    await removeFile(folder);
    throw error;
  }
}

/**
 * The file that was made in the folder, by an agent before this one perhaps; undefined when there is none any more, and the folder is
 * clean then.
 */
export async function adoptRam({
  folder,
  sizeBytes,
}: Pick<RamOptions, 'folder' | 'sizeBytes'>): Promise<RamFile | undefined> {
  const server = await DetachedProcess.adopt(folder, SERVER_NAME);
  const keeper = await DetachedProcess.adopt(folder, KEEPER_NAME);
  if (server !== undefined) return new RamFile(folder, server, keeper ?? (await startKeeper(folder, sizeBytes)));
  await keeper?.end();
  await removeFile(folder);
  return undefined;
}

/**
 * Ends whatever an agent before this one left running in the folder, and asks none of it anything: a QEMU that waits for memory that nobody
 * brings answers nobody. The file's server first; with it what waits for it ends.
 *
 * @throws GodwitError E_QEMU_STUCK; E_RAM_FILE when it stays mounted
 */
export async function discardLeft(folder: string): Promise<void> {
  for (const name of [SERVER_NAME, KEEPER_NAME, QEMU_NAME]) {
    const left = await DetachedProcess.adopt(folder, name);
    await left?.kill();
  }
  await removeFile(folder);
}

async function startKeeper(folder: string, sizeBytes: number): Promise<DetachedProcess> {
  const path = ramPath(folder);
  const socket = join(folder, `${KEEPER_NAME}.sock`);
  await rm(socket, { force: true });
  const args = [KEEPER, path, socket];
  const keeper = await DetachedProcess.start({ binary: process.execPath, args, folder, name: KEEPER_NAME, socket });
  try {
    const size = await until(QEMU_BOUNDS.startMs, () => sizeOf(keeper));
    if (size === String(sizeBytes)) return keeper;
    throw new Error(
      size === undefined ? await keeper.lastWords() : `it has ${size} bytes, and should have ${sizeBytes}`,
    );
  } catch (error) {
    await keeper.end();
    throw new GodwitError('E_RAM_FILE', { path, problem: problemOf(error) }, { cause: error });
  }
}

/** Undefined while it does not listen yet. */
async function sizeOf(keeper: DetachedProcess): Promise<string | undefined> {
  if (!keeper.isRunning) throw new Error(await keeper.lastWords());
  return askLine(keeper.record.socket, 'size', QEMU_BOUNDS.answerMs).catch(() => undefined);
}

async function removeFile(folder: string): Promise<void> {
  const path = ramPath(folder);
  if (!(await unmount(path))) throw new GodwitError('E_RAM_FILE', { path, problem: 'it stays mounted' });
  await rm(path, { force: true });
  await rm(join(folder, `${KEEPER_NAME}.sock`), { force: true });
  await rm(controlSocket(folder), { force: true });
}

function ramPath(folder: string): string {
  return join(folder, 'ram');
}
