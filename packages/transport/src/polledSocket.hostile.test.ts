import net from 'node:net';
import { GodwitError } from '@godwit/errors';
import { duplicate, hasNative, receiveSome } from '@godwit/native';
import { encodeFrame } from '@godwit/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeldDescriptor } from './heldDescriptor.js';
import { PolledSocket } from './polledSocket.js';
import { acceptHeld, flood, hear, isPending, polledPair, write } from './testing/polledPair.js';
import { Heard, openPlace, type Place, until } from './testing/wire.js';

const ACK = encodeFrame('Ack', { seq: 1 });
let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(() => place.close());

function broken(): GodwitError {
  return new GodwitError('E_INTERNAL', { problem: 'a test' });
}

/** Sends until the kernel takes nothing more at either end; somebody waits for it. */
async function stuff(socket: PolledSocket): Promise<void> {
  const payload = Buffer.alloc(1024 * 1024, 7);
  const header = { seq: 1, round: 1, image: 0, offset: 0, rawBytes: payload.length, encoding: 1 };
  for (let isFull = false; !isFull; ) {
    while (socket.send('Extent', { ...header, hashLow: 0, hashHigh: 0 }, payload));
    isFull = await isPending(socket.drained(), 4);
  }
}

/** A descriptor with this number, of the same connection as `of`. */
function renumbered(of: HeldDescriptor, fd: number): HeldDescriptor {
  const others: HeldDescriptor[] = [];
  try {
    for (;;) {
      const copy = duplicate(of.fd);
      if (copy === undefined || copy > fd) throw new Error(`no descriptor ${fd} to be had`);
      if (copy === fd) return new HeldDescriptor(copy);
      others.push(new HeldDescriptor(copy));
    }
  } finally {
    for (const other of others) other.release();
  }
}

describe.runIf(hasNative)('a peer that always has another byte', () => {
  it('does not keep timers and messages from the thread that waits for its answers', async () => {
    const { worker, held } = await flood(place, ACK);
    const socket = new PolledSocket(held.fd, new Heard().options);
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 1);
    for (let answers = 0; !fired && answers < 200_000; answers++) await socket.progress();
    expect(fired).toBe(true);
    socket.destroy();
    held.release();
    await worker.terminate();
  });

  it('does not keep them from it while the connection that failed is read on', async () => {
    const { worker, held } = await flood(place, Buffer.alloc(256 * 1024));
    const socket = new PolledSocket(held.fd, { ...new Heard().options, lingerMs: 300 });
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    const closed = new Promise((resolve) => worker.once('message', resolve));
    socket.fail(broken());
    await until('timers while it is read on', () => ticks > 5);
    clearInterval(timer);
    socket.destroy();
    held.release();
    // Not before: what the peer still wants to send keeps its side open until there is nobody to send it to.
    expect(await closed).toBe('closed');
    await worker.terminate();
  });
});

describe.runIf(hasNative)('a peer that reads nothing', () => {
  it('is hung up on all the same when it is hostile', async () => {
    const { socket, held, heard, peer } = await polledPair(place, { lingerMs: 100 });
    await stuff(socket);
    await write(peer, Buffer.alloc(100, 0xee));
    void socket.progress();
    await until('the end', () => heard.ends.length > 0);
    await until('the last word', () => receiveSome(held.fd, Buffer.alloc(1)) === 0);
    expect(heard.ends).toMatchObject([{ code: 'E_DAMAGED' }]);
    held.release();
    peer.destroy();
  });
});

describe.runIf(hasNative)('the descriptor of a socket that was destroyed', () => {
  it.each(['serves', 'fails'])(
    'may be another connection at once: it takes no byte and adds none (it %s)',
    async (how) => {
      const { socket, held, peer } = await polledPair(place);
      await stuff(socket);
      const otherPeer = net.connect(place.port, '127.0.0.1');
      const other = await acceptHeld(place);
      const heard = hear(otherPeer);
      await write(otherPeer, ACK);
      if (how === 'fails') socket.fail(broken());
      else void socket.serve();
      await new Promise((resolve) => setImmediate(resolve));

      socket.destroy();
      held.release();
      const taken = renumbered(other, held.fd);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(receiveSome(taken.fd, Buffer.alloc(100))).toBe(ACK.length);
      for (const each of [taken, other]) each.release();
      await until('the end', () => heard.ends.length > 0);
      expect(heard.frames).toEqual([]);
      peer.destroy();
    },
  );
});
