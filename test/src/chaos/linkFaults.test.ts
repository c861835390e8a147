import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { FrameNumber, type FrameWatcher } from '../harness/frameTap.js';
import { SeededRandom } from '../oracle/seededRandom.js';
import { CasePair } from './casePair.js';

const SIZE_BYTES = 24 * 1024 * 1024;
const HELLO_ACK = 2;

interface Fault {
  readonly watch: FrameWatcher;
  /** How often it has struck. */
  readonly strikes: () => number;
}

/** One bit in one of 25 extents, and in one header of a hundred; `most` headers, for each of those costs a link. */
function turnedBits(seed: number, most: number): Fault {
  const random = new SeededRandom(seed);
  let [strikes, headers] = [0, 0];
  const turn = (bytes: Buffer): void => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    strikes += 1;
  };
  return {
    strikes: () => strikes,
    watch: ({ type, header, payload }) => {
      // A damaged HelloAck is that of a peer that may be anybody (LIMITS.md).
      if (type === HELLO_ACK) return 'pass';
      if (type === FrameNumber.Extent && random.below(25) === 0) turn(payload);
      else if (headers < most && header.length > 0 && random.below(100) === 0) {
        headers += 1;
        turn(header);
      }
      return 'pass';
    },
  };
}

/** The n-th frame of a type is dropped, or its link cut in its place. */
function once(type: number, verdict: 'drop' | 'cut', nth: number): Fault {
  let [seen, strikes] = [0, 0];
  return {
    strikes: () => strikes,
    watch: (frame) => {
      if (frame.type !== type || ++seen !== nth) return 'pass';
      strikes += 1;
      return verdict;
    },
  };
}

/** The n-th header of a type has a bit turned. */
function turnedHeader(type: number, nth: number): Fault {
  let [seen, strikes] = [0, 0];
  return {
    strikes: () => strikes,
    watch: ({ type: of, header }) => {
      if (of !== type || ++seen !== nth || header.length === 0) return 'pass';
      strikes += 1;
      header[0] = (header[0] ?? 0) ^ 0x40;
      return 'pass';
    },
  };
}

const TURNED_HEADERS = [
  'HelloAck',
  'Accept',
  'Extent',
  'Ack',
  'RoundEnd',
  'RoundSynced',
  'Check',
  'Prepare',
  'Prepared',
] as const;

describe('a wire that', () => {
  const IMAGES = 19;
  const free = Array.from({ length: IMAGES }, (_, index) => `disk${index}`);
  let pair: CasePair;

  beforeAll(async () => {
    pair = await CasePair.make(free, SIZE_BYTES);
  });
  afterAll(() => pair.close());

  /** On an image that no other case has; ends with one owner, who has all of it. */
  async function moveThrough(
    { onTestFailed, expect }: TestContext,
    fault: Fault,
  ): Promise<{ state: string; resent: number }> {
    onTestFailed(() => console.error(pair.stage.output()));
    const { state, progress } = await pair.move(free.pop() ?? '', { watch: fault.watch });
    expect(fault.strikes()).toBeGreaterThan(0);
    return { state, resent: progress.resent };
  }

  for (const seed of [1, 2, 3]) {
    it.concurrent(`turns bits in extents and headers carries the image all the same, and what it turned is counted (seed ${seed})`, async (context) => {
      const { state, resent } = await moveThrough(context, turnedBits(seed, 5));
      expect(state).toBe('completed');
      expect(resent).toBeGreaterThan(0);
    });
  }

  for (const name of TURNED_HEADERS) {
    const number = name === 'HelloAck' ? HELLO_ACK : FrameNumber[name];
    it.concurrent(`turns a bit in the header of ${name} is dialled again, and the migration goes on`, async (context) => {
      // The first HelloAck is of a connection that nothing is known of yet: a peer that does not speak Godwit.
      const { state } = await moveThrough(context, turnedHeader(number, name === 'HelloAck' ? 2 : 1));
      expect(state).toBe('completed');
    });
  }

  it.concurrent('turns a bit in COMMIT leaves the source as the owner: the destination was never told', async (context) => {
    expect((await moveThrough(context, turnedHeader(FrameNumber.Commit, 1))).state).toBe('failed');
  });

  it.concurrent('turns a bit in TAKEN is asked who owns, and it is the destination', async (context) => {
    expect((await moveThrough(context, turnedHeader(FrameNumber.Taken, 1))).state).toBe('completed');
  });

  for (const name of ['Extent', 'RoundEnd', 'Prepare', 'Prepared'] as const) {
    it.concurrent(`cuts the link at ${name} is dialled again`, async (context) => {
      expect((await moveThrough(context, once(FrameNumber[name], 'cut', 1))).state).toBe('completed');
    });
  }

  it.concurrent('loses a frame of a lane is found out by its number, and the source goes on or the migration does', async (context) => {
    const { state } = await moveThrough(context, once(FrameNumber.Extent, 'drop', 3));
    expect(['completed', 'failed']).toContain(state);
  });
});
