/** Connections that were made ahead of a switch. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeOwner } from '../testing/fakeOwner.js';
import { filled, PLAIN, SIZE, Stage } from '../testing/stage.js';
import type { FollowingBytes } from './followingBytes.js';

const REST_MS = 250;
const MOMENT_MS = 20;
const RETRY_MS = 10_000;

let stage: Stage;
let bytes: FollowingBytes;
beforeEach(async () => {
  stage = await Stage.open();
  stage.b.attitude = 'to come';
  bytes = stage.follow();
});
afterEach(() => stage.close());

const write = (offset: number, value: number) => bytes.write(offset, filled(value), PLAIN, stage.client);

/** A serves for long enough that connections are made ahead to the others. */
async function settled(): Promise<void> {
  await write(0, 1);
  await stage.passRound(REST_MS);
}

/** A holds a write. */
async function held(): Promise<{ readonly answer: Promise<void> }> {
  stage.a.holding = true;
  const answer = write(512, 2);
  await stage.a.until(() => stage.a.held.length > 0);
  return { answer };
}

describe('a destination that takes over', () => {
  it('is sent what is unanswered by the connection that waits there, and nobody asks it again', async () => {
    const { a, b } = stage;
    await settled();
    await b.until(() => b.patient.length === 1);
    const { answer } = await held();
    b.takeOver();
    a.attitude = 'moved';
    a.held[0]?.refuse();
    await answer;
    // Once for the contexts and once for GO, on one connection.
    expect([b.asked, b.opened, b.log]).toEqual([2, 1, ['write 512+512']]);
    expect(stage.said).toEqual(['the owner was found', 'the owner changed']);
  });

  it('is waited for a moment when its answer is on the way', async () => {
    const { a, b } = stage;
    await settled();
    await b.until(() => b.patient.length === 1);
    const { answer } = await held();
    a.attitude = 'moved';
    a.held[0]?.refuse();
    await stage.time.untilPending(MOMENT_MS);
    b.takeOver();
    await answer;
    expect([b.asked, b.log]).toEqual([2, ['write 512+512']]);
  });

  it('ends the wait for the next round when it takes over late', async () => {
    const { a, b } = stage;
    await settled();
    await b.until(() => b.patient.length === 1);
    const { answer } = await held();
    a.attitude = 'moved';
    a.held[0]?.refuse();
    // Neither on the connection that waits nor on a new one, B serves.
    await stage.passRound(MOMENT_MS);
    await stage.time.untilPending(10);
    b.takeOver();
    await answer;
    expect(b.log).toEqual(['write 512+512']);
  });

  it('is not taken with another size', async () => {
    const { a, b } = stage;
    const small = await FakeOwner.listen(`${b.path}-small`, SIZE / 2);
    small.attitude = 'to come';
    const following = stage.followAmong([a, small]);
    await following.write(0, filled(1), PLAIN, stage.client);
    await stage.passRound(REST_MS);
    await small.until(() => small.patient.length === 1);
    a.holding = true;
    const lost = expect(following.write(512, filled(2), PLAIN, stage.client)).rejects.toThrow();
    await a.until(() => a.held.length === 1);
    small.takeOver();
    a.attitude = 'moved';
    a.held[0]?.refuse();
    await lost;
    expect(small.log).toEqual([]);
    await small.close();
  });
});

describe('a server that a connection was made to ahead', () => {
  it('gets nothing as long as the owner serves, whatever it says', async () => {
    const { a, b } = stage;
    b.attitude = 'serves';
    await settled();
    await b.until(() => b.opened === 1);
    await write(512, 2);
    expect([a.log, b.log]).toEqual([['write 0+512', 'write 512+512'], []]);
  });

  it('is no reason to leave an owner whose connection was lost and that is there again', async () => {
    const { a, b } = stage;
    b.attitude = 'serves';
    await settled();
    await b.until(() => b.opened === 1);
    a.cutOff();
    await write(512, 2);
    expect([a.log, b.log]).toEqual([['write 0+512', 'write 512+512'], []]);
  });

  it('gets nothing when it never takes over, and the owner that is back gets it', async () => {
    const { a, b } = stage;
    await settled();
    await b.until(() => b.patient.length === 1);
    const { answer } = await held();
    a.attitude = 'absent';
    a.held[0]?.refuse();
    await stage.passRound(MOMENT_MS);
    await stage.time.untilPending(10);
    a.holding = false;
    a.attitude = 'serves';
    stage.time.advance(10);
    await stage.passRound(MOMENT_MS);
    await answer;
    expect([a.log.at(-1), b.log]).toEqual(['write 512+512', []]);
  });

  it('may die while we wait there: it is asked again later, and found as ever', async () => {
    const { a, b } = stage;
    await settled();
    await b.until(() => b.patient.length === 1);
    await b.die();
    await stage.time.untilPending(RETRY_MS);
    await b.listenAgain();
    stage.time.advance(RETRY_MS);
    await b.until(() => b.patient.length === 2);
    b.cutOff();
    await stage.time.untilPending(2 * RETRY_MS);
    const { answer } = await held();
    b.attitude = 'serves';
    a.attitude = 'moved';
    a.held[0]?.refuse();
    await answer;
    expect(b.log).toEqual(['write 512+512']);
  });

  it('may die with what it was sent when it took over: the owner that is back gets it', async () => {
    const { a, b } = stage;
    await settled();
    await b.until(() => b.patient.length === 1);
    const { answer } = await held();
    b.holding = true;
    b.takeOver();
    a.attitude = 'moved';
    a.held[0]?.refuse();
    await b.until(() => b.held.length === 1);
    a.holding = false;
    a.attitude = 'serves';
    await b.die();
    await answer;
    expect([b.log, a.log.at(-1)]).toEqual([['write 512+512'], 'write 512+512']);
    expect(Buffer.from(filled(2)).equals(a.bytes.subarray(512, 1024))).toBe(true);
  });

  it('has no connection left when the client leaves', async () => {
    const { b } = stage;
    await settled();
    await b.until(() => b.patient.length === 1);
    bytes.close();
    await b.until(() => b.connections === 0);
    expect(stage.time.pending).toEqual([]);
  });
});
