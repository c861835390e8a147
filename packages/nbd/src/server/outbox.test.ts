import { describe, expect, it } from 'vitest';
import { Outbox } from './outbox.js';
import { SLAB_BYTES, type Slab } from './slabPool.js';

/** A socket that takes what it is given when the test says so. */
class Sink {
  readonly writes: string[] = [];
  corks = 0;
  readonly #taken: (() => void)[] = [];
  cork(): void {
    this.corks += 1;
  }
  uncork(): void {
    this.corks -= 1;
  }
  write(bytes: Uint8Array, onTaken: () => void): void {
    this.writes.push(Buffer.from(bytes).toString());
    this.#taken.push(onTaken);
  }
  takeAll(): void {
    for (const taken of this.#taken.splice(0)) taken();
  }
}

function put(slab: Slab, text: string): void {
  slab.at += slab.buffer.write(text, slab.at);
}

function setUp() {
  const sink = new Sink();
  let told = 0;
  const outbox = new Outbox(sink, () => {
    told += 1;
  });
  return { sink, outbox, told: () => told };
}

describe('Outbox', () => {
  it('hands over in one write what came together', () => {
    const { sink, outbox, told } = setUp();
    put(outbox.room(16), 'one ');
    put(outbox.room(16), 'two ');
    put(outbox.room(16), 'three');
    expect(outbox.unsentBytes).toBe(13);
    outbox.flush();
    outbox.flush();
    expect(sink.writes).toEqual(['one two three']);
    expect(outbox.unsentBytes).toBe(0);
    sink.takeAll();
    expect(told()).toBe(1);
  });

  it('uses a slab again once it is taken, and not before', () => {
    const { sink, outbox } = setUp();
    const first = outbox.room(16);
    put(first, 'first');
    outbox.flush();
    const behind = outbox.room(16);
    expect([behind === first, behind.at]).toEqual([true, 5]);
    sink.takeAll();
    const again = outbox.room(16);
    expect([again === first, again.at]).toEqual([true, 0]);
  });

  it('takes another slab while one is full', () => {
    const { sink, outbox } = setUp();
    const first = outbox.room(16);
    first.at = SLAB_BYTES - 4;
    outbox.flush();
    const second = outbox.room(16);
    expect(second).not.toBe(first);
    put(second, 'x');
    outbox.flush();
    sink.takeAll();
    expect(outbox.room(16).at).toBe(0);
  });

  it('makes room for what is larger than a slab', () => {
    const { outbox } = setUp();
    const slab = outbox.room(3 * SLAB_BYTES + 28);
    expect(slab.buffer.length - slab.at).toBeGreaterThanOrEqual(3 * SLAB_BYTES + 28);
  });

  it('sends the rest while a reply is not ready, and that one when it is', () => {
    const { sink, outbox } = setUp();
    put(outbox.room(16), 'before ');
    const slab = outbox.room(16);
    const region = outbox.detach(slab, 6);
    put(outbox.room(16), 'behind');
    outbox.flush();
    expect([sink.writes, sink.corks]).toEqual([['before ', 'behind'], 0]);
    sink.takeAll();
    // Still the later one's.
    expect(outbox.room(16)).toMatchObject({ at: 7 + 6 + 6 });
    slab.buffer.write('later!', region.from);
    outbox.attach(region, 6);
    expect(outbox.unsentBytes).toBe(6);
    outbox.flush();
    expect(sink.writes).toEqual(['before ', 'behind', 'later!']);
    sink.takeAll();
    expect(outbox.room(16).at).toBe(0);
  });

  it('forgets a reply that came to nothing', () => {
    const { sink, outbox } = setUp();
    const region = outbox.detach(outbox.room(16), 6);
    outbox.attach(region, 0);
    outbox.flush();
    expect([sink.writes, outbox.unsentBytes, outbox.room(16).at]).toEqual([[], 0, 0]);
  });
});
