/** The connection to the owner is lost. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filled, PLAIN, Stage } from '../testing/stage.js';
import type { FollowingBytes } from './followingBytes.js';
import { SILENCE_MS } from './silenceWatch.js';

let stage: Stage;
let bytes: FollowingBytes;
beforeEach(async () => {
  stage = await Stage.open();
  bytes = stage.follow();
});
afterEach(() => stage.close());

const write = (offset: number, value: number) => bytes.write(offset, filled(value), PLAIN, stage.client);

describe('an owner that is lost', () => {
  it('may have carried out what it did not answer: it is done again, and answered once', async () => {
    const { a, b } = stage;
    a.holding = true;
    const answer = write(0, 1);
    await a.until(() => a.held.length === 1);
    a.held[0]?.happen();
    b.attitude = 'serves';
    await a.die();
    await answer;
    expect([a.bytes[0], b.bytes[0], b.log]).toEqual([1, 1, ['write 0+512']]);
  });

  it('has its reads read again into the same place', async () => {
    const { a, b, client } = stage;
    await write(0, 1);
    a.holding = true;
    const target = new Uint8Array(512);
    const answer = bytes.read(0, target, client);
    await a.until(() => a.held.length === 1);
    b.bytes.fill(5);
    b.attitude = 'serves';
    await a.die();
    await answer;
    expect(target).toEqual(filled(5));
  });

  it('is found again at its old address', async () => {
    const { a } = stage;
    await write(0, 1);
    a.holding = true;
    const answers = [write(512, 2), write(1024, 3)];
    await a.until(() => a.held.length === 2);
    await a.die();
    await stage.time.untilPending(10);
    a.holding = false;
    await a.listenAgain();
    stage.time.advance(10);
    await Promise.all(answers);
    expect(a.log.slice(3)).toEqual(['write 512+512', 'write 1024+512']);
    expect(stage.said).toEqual(['the owner was found']);
  });

  it('may be lost a second time while everything is sent again', async () => {
    const { a, b } = stage;
    await write(0, 1);
    a.holding = true;
    const answers = [write(512, 2), write(1024, 3), write(1536, 4)];
    await a.until(() => a.held.length === 3);
    b.attitude = 'serves';
    b.holding = true;
    await a.die();
    await b.until(() => b.held.length === 3);
    b.held[1]?.succeed();
    await answers[1];
    b.cutOff();
    b.holding = false;
    await Promise.all(answers);
    expect(b.log.slice(3)).toEqual(['write 512+512', 'write 1536+512']);
  });

  it('is not asked in a hot loop when it answers nothing each time', async () => {
    const { a } = stage;
    await write(0, 1);
    a.holding = true;
    const answer = write(0, 2);
    for (const ms of [undefined, undefined, undefined, 10, 20]) {
      if (ms !== undefined) await stage.passRound(ms);
      await a.until(() => a.held.length === 1);
      a.held.splice(0);
      a.cutOff();
    }
    await stage.time.untilPending(40);
    a.holding = false;
    stage.time.advance(40);
    await answer;
  });

  it('is noticed while no request is there, so that the next one finds the new owner', async () => {
    const { a, b } = stage;
    await write(0, 1);
    b.attitude = 'serves';
    await a.die();
    await b.until(() => b.opened === 1);
    await write(0, 2);
    expect(b.log).toEqual(['write 0+512']);
  });
});

describe('an owner that falls silent', () => {
  beforeEach(async () => {
    stage.a.holding = true;
  });

  it('is waited for while it is still there: it is slow, or holds requests for a switch', async () => {
    const { a } = stage;
    const answer = write(0, 1);
    await a.until(() => a.held.length === 1);
    const before = a.asked;
    await stage.passRound(SILENCE_MS);
    await a.until(() => a.asked > before);
    a.held[0]?.succeed();
    await answer;
    expect(a.opened).toBe(1);
  });

  it('is left when it is not, as after a loss of power', async () => {
    const { a, b } = stage;
    const answer = write(0, 1);
    await a.until(() => a.held.length === 1);
    stage.move();
    await stage.passRound(SILENCE_MS);
    await answer;
    expect(b.log).toEqual(['write 0+512']);
    expect(stage.said).toContain('the owner fell silent');
  });
});
