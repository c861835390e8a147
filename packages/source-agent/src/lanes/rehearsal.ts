import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveImage } from '@godwit/image';
import { PROTOCOL_VERSION } from '@godwit/protocol';
import { HeldDescriptor, type ThreadSession } from '@godwit/transport';
import { planCheck, planRound } from '../rounds/plan.js';
import { type WorkItems, type WorkKind, WorkList } from '../rounds/workList.js';
import { LaneCounters } from './laneCounters.js';
import type { LaneReport, LaneWork } from './laneMessages.js';
import { beginLane } from './laneSession.js';
import { PretendedDestination } from './pretendedDestination.js';

/** Small blocks, each a frame of its own: what is to be compiled is what runs for a frame, not for a byte. */
const BLOCK_BYTES = 4096;
const BLOCKS = 512;
/**
 * Code that has met one session alone is thrown away at the next: what it calls is then another's. Passes after
 * which another made a first move no cheaper (ARCHITECTURE.md, "Threads and compiled code").
 */
const SESSIONS = 3;
const CYCLES = 2;

/**
 * Walks the whole path of a lane, over an image and to a destination of its own, so that the first migration
 * finds its code compiled: a first GiB cost 1.5 s of processor time more than the fourth (ARCHITECTURE.md, "Threads and compiled code").
 */
export async function rehearse(isSpare: () => boolean): Promise<void> {
  const destination = await PretendedDestination.listen();
  const folder = await mkdtemp(join(tmpdir(), 'godwit-rehearsal-'));
  let image: LiveImage | undefined;
  try {
    const path = join(folder, 'image');
    await writeFile(path, contents());
    image = LiveImage.open({ name: 'rehearsal', path, kind: 'disk', blockBytes: BLOCK_BYTES });
    for (let session = 0; session < SESSIONS && isSpare(); session++) {
      await rehearseSession(image, destination, isSpare);
    }
  } finally {
    await destination.close();
    await image?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function rehearseSession(
  image: LiveImage,
  destination: PretendedDestination,
  isSpare: () => boolean,
): Promise<void> {
  const lane = new RehearsedLane();
  const session = await beginLane(
    {
      host: '127.0.0.1',
      port: destination.port,
      token: destination.token,
      agentVersion: 'rehearsal',
      migrationId: 'rehearsal',
      sessionKey: 'rehearsal',
      lane: 0,
      images: [image.handle()],
      counters: new LaneCounters().buffer,
      version: PROTOCOL_VERSION,
      // The destination is in this thread: nothing comes in while it stands in the kernel.
      waitMs: 0,
    },
    (report) => lane.hear(report),
  );
  try {
    await lane.ready;
    for (let round = 1; round <= CYCLES && isSpare(); round++) {
      markEveryOther(image);
      await lane.run(session, 'send', round, (await planRound([image], 'full')).items);
      await lane.run(session, 'scrub', round, (await planCheck([image])).items);
      markEveryOther(image);
      await lane.run(session, 'prove', round, (await planRound([image], 'full')).items);
      markEveryOther(image);
      await lane.run(session, 'send', round, (await planRound([image], 'full')).items);
      await lane.run(session, 'check', round, (await planCheck([image])).items);
    }
  } finally {
    session?.end();
    lane.release();
  }
}

/** Every other block, so that each is a run of its own; the last ones all, so that pieces have several. */
function markEveryOther({ maps }: LiveImage): void {
  for (let block = 0; block < BLOCKS - 64; block += 2) maps.dirty.setRange(block, 1);
  maps.dirty.setRange(BLOCKS - 64, 64);
}

/** In turn what compresses, what does not, and zeros. */
function contents(): Buffer {
  const bytes = Buffer.alloc(BLOCKS * BLOCK_BYTES);
  let state = 1;
  for (let at = 0; at < bytes.length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const kind = (at >> 13) % 4;
    if (kind < 2) bytes.writeUInt32LE(state, at);
    else if (kind === 2) bytes.writeUInt32LE(state % 7, at);
  }
  return bytes;
}

/** What the main thread does for a lane. */
class RehearsedLane {
  readonly ready: Promise<void>;
  #isReady: () => void = () => undefined;
  #hasFailed: (error: Error) => void = () => undefined;
  #isDone: () => void = () => undefined;
  readonly #failed: Promise<never>;
  #held: HeldDescriptor | undefined;
  /** The thread may be ended in the middle: a descriptor that a system call gave is closed by nobody else. */
  readonly #onExit = () => this.#held?.release();

  constructor() {
    this.#failed = new Promise((_, reject) => {
      this.#hasFailed = reject;
    });
    this.#failed.catch(() => undefined);
    this.ready = Promise.race([
      this.#failed,
      new Promise<void>((resolve) => {
        this.#isReady = resolve;
      }),
    ]);
    process.once('exit', this.#onExit);
  }

  hear(report: LaneReport): void {
    if (report.type === 'ready') {
      this.#held = report.fd === undefined ? undefined : new HeldDescriptor(report.fd);
      this.#isReady();
    } else if (report.type === 'done') this.#isDone();
    else this.#hasFailed(new Error(report.error.message));
  }

  async run(
    session: ThreadSession<LaneWork> | undefined,
    kind: WorkKind,
    round: number,
    items: WorkItems,
  ): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#isDone = resolve;
    });
    session?.receive({ kind, round, list: WorkList.of(items).buffer, isLastReading: false });
    await Promise.race([done, this.#failed]);
  }

  release(): void {
    this.#held?.release();
    process.off('exit', this.#onExit);
  }
}
