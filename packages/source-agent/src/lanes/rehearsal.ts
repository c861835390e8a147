import { LiveImage, NamelessFile } from '@godwit/image';
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
 * Code that has met one session alone is thrown away at the next: what it calls is then another's. Cycles after
 * which another made a first move no cheaper (ARCHITECTURE.md, "Threads and compiled code").
 */
const SESSIONS = 3;
const CYCLES = 2;
/** What a migration does with blocks, in turn: a round, its scrub; a round that is proven; a round, and the check of a pause. */
const CYCLE: readonly WorkKind[] = ['send', 'scrub', 'prove', 'send', 'check'];

/** Passes of a whole rehearsal. */
export const REHEARSED_PASSES = SESSIONS * CYCLES * CYCLE.length;

/**
 * Walks the whole path of a lane, over an image and to a destination of its own, so that the first migration
 * finds its code compiled: a first GiB cost 1.5 s of processor time more than the fourth (ARCHITECTURE.md, "Threads
 * and compiled code"). Ends within a pass once `signal` is aborted. Resolves with the passes that were done.
 */
export async function rehearse(signal: AbortSignal): Promise<number> {
  const file = NamelessFile.create(BLOCKS * BLOCK_BYTES, contents());
  let image: LiveImage | undefined;
  try {
    image = LiveImage.open({ name: 'rehearsal', path: file.path, kind: 'disk', blockBytes: BLOCK_BYTES });
    const destination = await PretendedDestination.listen();
    try {
      let passes = 0;
      for (let session = 0; session < SESSIONS && !signal.aborted; session++) {
        passes += await rehearseSession(image, destination, signal);
      }
      return passes;
    } finally {
      await destination.close();
    }
  } finally {
    await image?.close();
    file.close();
  }
}

async function rehearseSession(
  image: LiveImage,
  destination: PretendedDestination,
  signal: AbortSignal,
): Promise<number> {
  const lane = new RehearsedLane(signal);
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
  let passes = 0;
  try {
    await lane.ready;
    for (let pass = 0; pass < CYCLES * CYCLE.length && !signal.aborted; pass++) {
      const kind = CYCLE[pass % CYCLE.length] ?? 'send';
      await lane.run(session, kind, pass + 1, await itemsFor(kind, image));
      passes += 1;
    }
    return passes;
  } finally {
    session?.end();
    lane.release();
  }
}

async function itemsFor(kind: WorkKind, image: LiveImage): Promise<WorkItems> {
  if (kind === 'scrub' || kind === 'check') return (await planCheck([image])).items;
  markEveryOther(image);
  return (await planRound([image], 'full')).items;
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
  /** Rejects when the lane fails, or the rehearsal is to end. */
  readonly #over: Promise<never>;
  #isReady: () => void = () => undefined;
  #isOver: (reason: unknown) => void = () => undefined;
  #isDone: () => void = () => undefined;
  #held: HeldDescriptor | undefined;
  /** The thread may be ended in the middle: a descriptor that a system call gave is closed by nobody else. */
  readonly #onExit = () => this.#held?.release();

  constructor(signal: AbortSignal) {
    this.#over = new Promise((_, reject) => {
      this.#isOver = reject;
    });
    this.#over.catch(() => undefined);
    signal.addEventListener('abort', () => this.#isOver(signal.reason), { once: true });
    const ready = new Promise<void>((resolve) => {
      this.#isReady = resolve;
    });
    this.ready = Promise.race([this.#over, ready]);
    this.ready.catch(() => undefined);
    process.once('exit', this.#onExit);
  }

  hear(report: LaneReport): void {
    if (report.type === 'ready') {
      this.#held = report.fd === undefined ? undefined : new HeldDescriptor(report.fd);
      this.#isReady();
    } else if (report.type === 'done') this.#isDone();
    else this.#isOver(new Error(report.error.message));
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
    await Promise.race([done, this.#over]);
  }

  release(): void {
    this.#held?.release();
    process.off('exit', this.#onExit);
  }
}
