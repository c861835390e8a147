/** What ends the following of an export. */
import { NbdErrno } from '@godwit/nbd';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeOwner } from '../testing/fakeOwner.js';
import { filled, PATIENCE_MS, PLAIN, SIZE, Stage } from '../testing/stage.js';
import type { FollowingBytes } from './followingBytes.js';

let stage: Stage;
let bytes: FollowingBytes;
beforeEach(async () => {
  stage = await Stage.open();
  bytes = stage.follow();
});
afterEach(() => stage.close());

const write = (offset: number, value: number) => bytes.write(offset, filled(value), PLAIN, stage.client);
const GONE = { errno: NbdErrno.ESHUTDOWN };

describe('a client that leaves', () => {
  it('has nothing carried out later at the new owner', async () => {
    const { a, b } = stage;
    a.holding = true;
    const answer = expect(write(0, 1)).rejects.toMatchObject(GONE);
    await a.until(() => a.held.length === 1);
    a.attitude = 'moved';
    a.held[0]?.refuse();
    await stage.time.untilPending(10);
    stage.client.left = true;
    stage.move();
    stage.time.advance(10);
    await answer;
    await bytes.withdrawn;
    expect([b.opened, b.log]).toEqual([1, []]);
  });

  it('takes its connection to the owner with it, and what waits there', async () => {
    const { a } = stage;
    a.holding = true;
    const answer = expect(write(0, 1)).rejects.toMatchObject(GONE);
    await a.until(() => a.held.length === 1);
    expect(a.connections).toBe(1);
    bytes.close();
    await answer;
    await a.until(() => a.connections === 0);
  });

  it('is not served when it has closed', async () => {
    bytes.close();
    await expect(write(0, 1)).rejects.toMatchObject(GONE);
  });

  it('ends a search', async () => {
    await stage.a.die();
    const answer = expect(write(0, 1)).rejects.toMatchObject(GONE);
    await stage.time.untilPending(10);
    bytes.close();
    await answer;
    expect(stage.time.pending).toEqual([]);
  });
});

describe('patience', () => {
  it('ends with ESHUTDOWN for what waits, and with the connection', async () => {
    const { a } = stage;
    await write(0, 1);
    await a.die();
    const answer = expect(write(0, 2)).rejects.toMatchObject(GONE);
    await stage.time.untilPending(PATIENCE_MS);
    stage.time.advance(PATIENCE_MS);
    await answer;
    await bytes.withdrawn;
    expect(stage.said.at(-1)).toBe('no owner was found in time; its client is closed');
  });

  it('is not needed while nothing waits', async () => {
    const { a } = stage;
    await write(0, 1);
    await a.die();
    await stage.time.untilPending(10);
    stage.time.advance(PATIENCE_MS);
    await a.listenAgain();
    const again = write(0, 2);
    stage.time.advance(500);
    await again;
  });

  it('is not tried by an owner that is there and takes its time', async () => {
    const { a, b } = stage;
    a.holding = true;
    b.holding = true;
    const answer = write(0, 1);
    await a.until(() => a.held.length === 1);
    stage.move();
    a.held[0]?.refuse();
    await b.until(() => b.held.length === 1);
    stage.time.advance(PATIENCE_MS);
    b.held[0]?.succeed();
    await answer;
  });

  it('ends for a request that every owner breaks down at', async () => {
    const { a } = stage;
    a.holding = true;
    const answer = expect(write(0, 1)).rejects.toMatchObject(GONE);
    await a.until(() => a.held.length === 1);
    a.cutOff();
    await a.until(() => a.held.length === 2);
    stage.time.advance(PATIENCE_MS);
    a.cutOff();
    await answer;
  });
});

describe('another size', () => {
  it('closes the connection, and says so', async () => {
    const { a, b } = stage;
    const { path } = b;
    await b.close();
    const other = await FakeOwner.listen(path, SIZE / 2);
    a.holding = true;
    const answer = expect(write(0, 1)).rejects.toMatchObject(GONE);
    await a.until(() => a.held.length === 1);
    a.attitude = 'moved';
    a.held[0]?.refuse();
    await answer;
    await bytes.withdrawn;
    expect(other.log).toEqual([]);
    expect(stage.said.at(-1)).toBe('the size of the export differs; its client is closed');
    await other.close();
  });
});
