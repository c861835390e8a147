/** The owner answers ESHUTDOWN. */
import { NbdErrno } from '@godwit/nbd';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filled, PLAIN, Stage } from '../testing/stage.js';
import type { FollowingBytes } from './followingBytes.js';

let stage: Stage;
let bytes: FollowingBytes;
beforeEach(async () => {
  stage = await Stage.open();
  bytes = stage.follow();
});
afterEach(() => stage.close());

const write = (offset: number, value: number) => bytes.write(offset, filled(value), PLAIN, stage.client);

describe('an owner that stays', () => {
  it('gets every request with its flags, and its answers are passed on', async () => {
    const { a, client } = stage;
    await bytes.write(0, filled(7), { ...PLAIN, fua: true }, client);
    await bytes.writeZeroes(512, 512, { fua: false, noHole: true, fastZero: true }, client);
    await bytes.trim(1024, 512, PLAIN, client);
    await bytes.cache(0, 4096, client);
    await bytes.flush(client);
    const target = new Uint8Array(1024);
    await bytes.read(0, target, client);
    expect(target).toEqual(Uint8Array.from([...filled(7), ...filled(0)]));
    expect(await bytes.blockStatus('base:allocation', 0, 4096, 16, client)).toEqual([{ length: 4096, flags: 3 }]);
    expect(a.log).toEqual([
      'write 0+512 fua',
      'zero 512+512 no-hole fast',
      'trim 1024+512',
      'cache 0+4096',
      'flush',
      'read 0+1024',
      'status base:allocation 0+4096',
    ]);
  });

  it('is believed when it answers any other error, and not asked again', async () => {
    const { a } = stage;
    a.holding = true;
    const answer = write(0, 1);
    await a.until(() => a.held.length === 1);
    a.held[0]?.refuse(NbdErrno.ENOSPC);
    await expect(answer).rejects.toMatchObject({ errno: NbdErrno.ENOSPC });
    expect([a.log.length, a.opened]).toEqual([1, 1]);
  });

  it('keeps the payload that it was given, whatever becomes of the buffer', async () => {
    const data = filled(1);
    const answer = bytes.write(0, data, PLAIN, stage.client);
    data.fill(9);
    await answer;
    expect(stage.a.bytes[0]).toBe(1);
  });
});

describe('an owner that sends its clients away', () => {
  it('keeps what it answered, and the new owner gets the rest in its order', async () => {
    const { a, b } = stage;
    a.holding = true;
    const answers = [write(0, 1), write(512, 2), write(1024, 3), write(1536, 4)];
    await a.until(() => a.held.length === 4);
    stage.move();
    a.held[0]?.succeed();
    a.held[3]?.refuse();
    a.held[2]?.refuse();
    a.held[1]?.refuse();
    await Promise.all(answers);
    expect(b.log).toEqual(['write 512+512', 'write 1024+512', 'write 1536+512']);
    expect([a.bytes[0], a.bytes[512], b.bytes[0], b.bytes[512], b.bytes[1024]]).toEqual([1, 0, 0, 2, 3]);
    expect(stage.said).toEqual(['the owner was found', 'the owner changed']);
  });

  it('still answers what it carried out before: that is not done again at the new owner', async () => {
    const { a, b } = stage;
    a.holding = true;
    const [first, second] = [write(0, 1), write(512, 2)];
    await a.until(() => a.held.length === 2);
    stage.move();
    a.held[1]?.refuse();
    // Whoever asked B now would be too early; A has an answer to give yet.
    await stage.time.untilPending(500);
    a.held[0]?.succeed();
    await Promise.all([first, second]);
    expect(b.log).toEqual(['write 512+512']);
  });

  it('is not waited for longer than half a second', async () => {
    const { a, b } = stage;
    a.holding = true;
    const answers = [write(0, 1), write(512, 2)];
    await a.until(() => a.held.length === 2);
    stage.move();
    a.held[1]?.refuse();
    await stage.passRound(500);
    await Promise.all(answers);
    expect(b.log).toEqual(['write 0+512', 'write 512+512']);
  });

  it('gets no new requests: they come after the unanswered ones at the new owner', async () => {
    const { a, b } = stage;
    a.holding = true;
    const answers = [write(0, 1), write(512, 2)];
    await a.until(() => a.held.length === 2);
    a.held[0]?.refuse();
    await stage.time.untilPending(500);
    answers.push(write(1024, 3));
    stage.move();
    a.held[1]?.refuse();
    await Promise.all(answers);
    expect([a.log.length, b.log]).toEqual([2, ['write 0+512', 'write 512+512', 'write 1024+512']]);
  });

  it('has a flush done behind the writes before it', async () => {
    const { a, b, client } = stage;
    await write(0, 1);
    a.holding = true;
    const answers = [write(512, 2), bytes.flush(client), write(1024, 3)];
    await a.until(() => a.held.length === 3);
    stage.move();
    for (const call of a.held) call.refuse();
    await Promise.all(answers);
    expect(b.log).toEqual(['write 512+512', 'flush', 'write 1024+512']);
  });

  it('is asked last, although it still says that it serves', async () => {
    const { a, b } = stage;
    a.holding = true;
    const answer = write(0, 1);
    await a.until(() => a.held.length === 1);
    b.attitude = 'serves';
    a.held[0]?.refuse();
    await answer;
    expect([a.opened, b.log]).toEqual([1, ['write 0+512']]);
  });

  it('is sought with growing waits while nobody serves', async () => {
    const { a, b } = stage;
    a.holding = true;
    const answer = write(0, 1);
    await a.until(() => a.held.length === 1);
    a.attitude = 'moved';
    a.held[0]?.refuse();
    for (const ms of [10, 20, 40, 80]) await stage.passRound(ms);
    await stage.time.untilPending(160);
    b.attitude = 'serves';
    stage.time.advance(160);
    await answer;
    expect(b.log).toEqual(['write 0+512']);
  });
});

describe('two connections', () => {
  it('each stay with an owner until it sends them away, though another serves by then', async () => {
    const { a, b, client } = stage;
    const other = stage.follow();
    await write(0, 1);
    await other.write(512, filled(2), PLAIN, client);
    a.holding = true;
    const held = other.write(1024, filled(3), PLAIN, client);
    const moving = write(0, 4);
    await a.until(() => a.held.length === 2);
    stage.move();
    a.held.find((call) => call.what === 'write 0+512')?.refuse();
    await moving;
    expect(b.log).toEqual(['write 0+512']);
    a.held.find((call) => call.what === 'write 1024+512')?.succeed();
    await held;
    expect([a.bytes[1024], b.log.length]).toEqual([3, 1]);
    expect(stage.said).toEqual(['the owner was found', 'the owner changed']);
  });
});
