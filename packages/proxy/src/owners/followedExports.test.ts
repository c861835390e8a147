import { NbdErrno, type OpenExport } from '@godwit/nbd';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filled, PLAIN, SIZE, Stage } from '../testing/stage.js';
import { type ClientExports, FollowedExports } from './followedExports.js';

let stage: Stage;
let exports: ClientExports;
beforeEach(async () => {
  stage = await Stage.open();
  exports = new FollowedExports(stage.parts).forClient();
});
afterEach(() => stage.close());

describe('find', () => {
  it('describes the export as its owner does', async () => {
    expect(await exports.find('vm0')).toMatchObject({
      name: 'vm0',
      description: 'a fake',
      size: SIZE,
      readOnly: false,
      contexts: ['base:allocation'],
    });
  });

  it('does not promise that a flush covers other connections when the owner does not', async () => {
    expect(await exports.find('vm0')).toMatchObject({ multiConnection: true });
    stage.a.multiConnection = false;
    expect(await exports.find('vm0')).toMatchObject({ multiConnection: false });
  });

  it('asks the addresses in turn, and next time first the one that had it', async () => {
    stage.move();
    await exports.find('vm0');
    const before = stage.a.asked;
    expect(before).toBeGreaterThan(0);
    await exports.find('vm0');
    expect(stage.a.asked).toBe(before);
  });

  it('follows the only export under its name when no name is asked for', async () => {
    expect(await exports.find('')).toMatchObject({ name: 'vm0' });
  });

  it('knows at once that nobody has it when everybody says so', async () => {
    stage.a.attitude = 'absent';
    expect(await exports.find('vm0')).toBeUndefined();
    expect(stage.time.pending).toEqual([]);
    expect(stage.said).toEqual(['a client asks for what no address serves']);
  });

  it('asks no more for a client that has left', async () => {
    await stage.a.die();
    const found = exports.find('vm0');
    await stage.passRound(10);
    exports.leave();
    expect(await found).toBeUndefined();
    expect([stage.time.pending, stage.said]).toEqual([[], []]);
  });

  it('goes on asking while an address does not answer', async () => {
    await stage.a.die();
    const found = exports.find('vm0');
    for (const ms of [10, 20]) await stage.passRound(ms);
    await stage.time.untilPending(40);
    await stage.a.listenAgain();
    stage.time.advance(40);
    expect(await found).toMatchObject({ name: 'vm0' });
  });

  it('goes on asking when the former owner says that it left: the new one may have been asked too early', async () => {
    stage.a.attitude = 'moved';
    const found = exports.find('vm0');
    await stage.time.untilPending(10);
    stage.b.attitude = 'serves';
    stage.time.advance(10);
    expect(await found).toMatchObject({ name: 'vm0' });
  });

  it('gives up after 10 s', async () => {
    await stage.a.die();
    const found = exports.find('vm0');
    let passed = 0;
    for (let ms = 10; passed + ms <= 10_000; ms = Math.min(500, ms * 2)) {
      await stage.passRound(ms);
      passed += ms;
    }
    expect(await found).toBeUndefined();
    expect(stage.time.now()).toBeGreaterThan(9_000);
  });
});

describe('list', () => {
  it('joins what the addresses list, each name once', async () => {
    expect(await exports.list()).toEqual([{ name: 'vm0', description: '' }]);
    await stage.a.die();
    expect(await exports.list()).toEqual([{ name: 'vm0', description: '' }]);
    await stage.b.die();
    expect(await exports.list()).toEqual([]);
  });
});

describe('open', () => {
  async function open(): Promise<OpenExport> {
    const found = await exports.find('vm0');
    if (found === undefined) throw new Error('vm0 is there');
    return found.open();
  }

  it('drops what waits for a client that left: it must not overwrite what it writes when it comes again', async () => {
    const { a, client } = stage;
    const former = await open();
    a.holding = true;
    const answer = expect(former.bytes.write(0, filled(1), PLAIN, client)).rejects.toMatchObject({
      errno: NbdErrno.ESHUTDOWN,
    });
    await a.until(() => a.held.length === 1);
    client.left = true;
    const next = await open();
    await answer;
    await former.withdrawn;
    next.close();
    former.close();
  });

  it('is over as soon as the client leaves, not when its requests are answered', async () => {
    const { a, client } = stage;
    const one = await open();
    a.holding = true;
    const answer = expect(one.bytes.write(0, filled(1), PLAIN, client)).rejects.toMatchObject({
      errno: NbdErrno.ESHUTDOWN,
    });
    await a.until(() => a.held.length === 1);
    exports.leave();
    await answer;
    await a.until(() => a.connections === 0);
  });

  it('closes its connection to the owner with that of the client', async () => {
    const one = await open();
    await stage.a.until(() => stage.a.opened === 1);
    one.close();
    await one.withdrawn;
    await stage.a.until(() => stage.a.connections === 0);
  });
});
