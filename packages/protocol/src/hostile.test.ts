import { GodwitError } from '@godwit/errors';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from './encodeFrame.js';
import { FRAME_HEAD_BYTES } from './frame.js';
import { FrameParser } from './frameParser.js';
import { LIMITS } from './limits.js';
import { ALL_FRAMES } from './testing/collect.js';
import { forge } from './testing/forge.js';
import { randomFrom } from './testing/random.js';
import { SAMPLES } from './testing/samples.js';

const HELD_BYTES_MAXIMUM = FRAME_HEAD_BYTES + LIMITS.headerBytes + LIMITS.payloadBytes;
/** Without checks, which would keep all but a few from being looked at. */
const VALID = SAMPLES.map(({ type, header, payload }) => forge(type, header, payload));
type Random = (bound: number) => number;

/** What a stream gave: it either went through or was refused; anything else fails the test here. */
function feed(stream: Buffer, random: Random): { frames: number; refused: boolean } {
  let frames = 0;
  const parser = new FrameParser({
    accepts: ALL_FRAMES,
    onFrame: ({ type, header, payload }) => {
      frames++;
      // What the parser lets through the encoder would have let out: both sides judge alike.
      encodeFrame(type, header, payload.length);
    },
  });
  for (let start = 0; start < stream.length; ) {
    const end = Math.min(stream.length, start + 1 + random(random(4) === 0 ? 4 : 200));
    try {
      parser.push(stream.subarray(start, end));
    } catch (thrown) {
      if (!(thrown instanceof GodwitError) || !/^E_(PROTOCOL|DAMAGED)$/.test(thrown.code)) throw thrown;
      expect(parser.bufferedBytes).toBe(0);
      return { frames, refused: true };
    }
    if (parser.bufferedBytes > HELD_BYTES_MAXIMUM) throw new Error(`${parser.bufferedBytes} bytes are held`);
    start = end;
  }
  return { frames, refused: false };
}

function mutated(random: Random): Buffer {
  const stream = Buffer.concat(
    Array.from({ length: 1 + random(4) }, () => VALID[random(VALID.length)] ?? Buffer.alloc(0)),
  );
  for (let left = 1 + random(3); left > 0; left--) {
    const at = random(stream.length);
    const kind = random(4);
    if (kind === 0) stream[at] = random(256);
    else if (kind === 1) stream[at] = (stream[at] ?? 0) ^ (1 << random(8));
    else if (kind === 2) stream.copyWithin(at, random(stream.length));
    else stream.fill(random(2) * 255, at, Math.min(stream.length, at + 8));
  }
  return random(4) === 0 ? stream.subarray(0, random(stream.length)) : stream;
}

/** A good head in front of random header bytes, which random bytes alone hardly ever make. */
function randomHeader(random: Random): Buffer {
  const valid = VALID[random(VALID.length)] ?? Buffer.alloc(0);
  const stream = Buffer.from(valid);
  for (let at = FRAME_HEAD_BYTES; at < FRAME_HEAD_BYTES + stream.readUInt16BE(2); at++) {
    if (random(3) > 0) stream[at] = random(256);
  }
  return stream;
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random(300) }, () => random(256)));
}

describe('hostile streams', () => {
  it.each([
    ['mutated', mutated, 14_000],
    ['a good head and a random header', randomHeader, 4000],
    ['random bytes', randomBytes, 2000],
  ])('%s: frames, or a refusal with a name, and nothing else', (_, make, inputs) => {
    let frames = 0;
    let refusals = 0;
    for (let seed = 1; seed <= inputs; seed++) {
      const random = randomFrom(seed);
      const stream = make(random);
      try {
        const outcome = feed(stream, random);
        frames += outcome.frames;
        refusals += outcome.refused ? 1 : 0;
      } catch (thrown) {
        throw new Error(`seed ${seed}: ${stream.toString('hex')}`, { cause: thrown });
      }
    }
    // Guards the test itself: it has to reach the far side of the checks as well as the near one.
    expect(refusals).toBeGreaterThan(inputs / 4);
    if (make === mutated) expect(frames).toBeGreaterThan(inputs / 4);
  });
});
