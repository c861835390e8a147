import { GodwitError } from '@godwit/errors';
import { Held, LIMITS } from '@godwit/protocol';
import { describe, expect, it } from 'vitest';
import { DamagedLinks, mayReturn, retry } from './returning.js';
import { taskFor } from './standing.js';

const lost = () => new GodwitError('E_PEER_LOST', { silentMs: 1 });
const copies = [{ copy: 'a', held: Held.acknowledged }];

describe('another link', () => {
  it('follows one that was lost, if somebody is patient and the destination can', () => {
    expect(mayReturn(lost(), { patienceMs: 1 }, { link: { copies } })).toBe(true);
    expect(mayReturn(lost(), { patienceMs: 0 }, { link: { copies } })).toBe(false);
    expect(mayReturn(lost(), { patienceMs: 1 }, { link: { copies: undefined } })).toBe(false);
  });

  it('does not follow what the other side says is wrong', () => {
    for (const code of ['E_PROTOCOL', 'E_IO', 'E_MISMATCH_LIMIT', 'E_NO_CONVERGE', 'E_CANCELLED'] as const) {
      expect(mayReturn(new GodwitError(code), { patienceMs: 1 }, { link: { copies } }), code).toBe(false);
    }
  });
});

describe('damaged links', () => {
  const damage = () => new GodwitError('E_DAMAGED', { problem: 'a test' });

  it('are lost ones, as often as LIMITS.damagedLinks says; one more is a violation, which no link follows', () => {
    const links = new DamagedLinks();
    for (let count = 0; count < LIMITS.damagedLinks; count++) {
      // Others do not count.
      expect(links.judge(lost()).code).toBe('E_PEER_LOST');
      const error = links.judge(damage());
      expect(error.code).toBe('E_DAMAGED');
      expect(mayReturn(error, { patienceMs: 1 }, { link: { copies } })).toBe(true);
    }
    const last = links.judge(damage());
    expect(last.code).toBe('E_PROTOCOL');
    expect(mayReturn(last, { patienceMs: 1 }, { link: { copies } })).toBe(false);
  });

  it('count when they cannot be made, too', async () => {
    const links = new DamagedLinks();
    const told: string[] = [];
    const made = retry({
      connect: () => links.judged(Promise.reject(damage())),
      patienceMs: 60_000,
      signal: new AbortController().signal,
      onFailed: ({ code }) => told.push(code),
      backoffMs: 0,
    });
    await expect(made).rejects.toMatchObject({ code: 'E_PROTOCOL' });
    expect(told).toEqual(Array.from({ length: LIMITS.damagedLinks }, () => 'E_DAMAGED'));
  });
});

describe('trying again', () => {
  const never = new AbortController().signal;

  it('goes on until there is a link, and tells of each try that failed', async () => {
    const told: string[] = [];
    let tries = 0;
    const connect = async () => {
      tries += 1;
      if (tries < 3) throw lost();
      return 'link';
    };
    const link = await retry({ connect, patienceMs: 60_000, signal: never, onFailed: ({ code }) => told.push(code) });
    expect([link, told]).toEqual(['link', ['E_PEER_LOST', 'E_PEER_LOST']]);
  });

  it('ends with what will not pass', async () => {
    const connect = async () => {
      throw new GodwitError('E_NO_ROOM', { available: 1, needed: 2 });
    };
    const trying = retry({ connect, patienceMs: 60_000, signal: never, onFailed: () => undefined });
    await expect(trying).rejects.toMatchObject({ code: 'E_NO_ROOM' });
  });

  it('ends with the last failure when patience is over, and not before a last try', async () => {
    let tries = 0;
    const connect = async () => {
      tries += 1;
      throw lost();
    };
    const trying = retry({ connect, patienceMs: 150, signal: never, onFailed: () => undefined });
    await expect(trying).rejects.toMatchObject({ code: 'E_PEER_LOST' });
    expect(tries).toBeGreaterThan(1);
  });

  it('ends with the reason of whoever stops it', async () => {
    const stop = new AbortController();
    const connect = async () => {
      stop.abort(new GodwitError('E_CANCELLED', { reason: 'enough' }));
      throw lost();
    };
    const trying = retry({ connect, patienceMs: 60_000, signal: stop.signal, onFailed: () => undefined });
    await expect(trying).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });
});

describe('what is to be done with an image', () => {
  it('by what the destination has, and what is known of that', () => {
    const acknowledged = { copy: 'a', held: Held.acknowledged };
    expect(taskFor(undefined, 'a', false)).toBe('send');
    expect(taskFor({ copy: 'b', held: Held.nothing }, 'b', false)).toBe('send');
    expect(taskFor(acknowledged, 'a', false)).toBe('go on');
    expect(taskFor(acknowledged, 'a', true)).toBe('prove');
    expect(taskFor({ copy: 'a', held: Held.survived }, 'a', false)).toBe('prove');
    expect(taskFor(acknowledged, '', true)).toBe('compare');
    expect(taskFor({ copy: '', held: Held.acknowledged }, '', false)).toBe('compare');
    expect(taskFor(acknowledged, 'another', false)).toBe('compare');
    expect(taskFor({ copy: 'a', held: Held.something }, 'a', false)).toBe('compare');
  });
});
