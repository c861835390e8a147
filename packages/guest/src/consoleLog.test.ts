import { expect, it } from 'vitest';
import { ConsoleLog } from './consoleLog.js';

const ID = '6a2f6a0e-0c0b-4c6e-9f4c-0b3f6f5b7a11';

it('takes lines however they are cut', () => {
  const text = `boot ${ID}\nready\nready disk 7 ok\nd 8\noracle 3 120 ok\nbusy 40 80000 BAD sector 1\nt 1 10 12\nerror no disk\noff\n`;
  for (let cut = 0; cut <= text.length; cut++) {
    const log = new ConsoleLog();
    log.feed(text.slice(0, cut), 1);
    log.feed(text.slice(cut), 2);
    expect(log).toMatchObject({
      bootIds: [ID],
      isReady: true,
      isOff: true,
      replay: { seq: 7, verdict: 'ok' },
      diskSeq: 8,
      oracle: { passes: 3, page: 120, verdict: 'ok' },
      busy: { writes: 40, bytes: 80_000, verdict: 'BAD sector 1' },
      ticks: [{ seq: 1, monotonicMs: 10, boottimeMs: 12 }],
      errors: ['no disk'],
      otherLines: [],
    });
  }
});

it("leaves the kernel's words out, and lines that they were mixed into", () => {
  const log = new ConsoleLog();
  log.feed('[    1.0] t 1 2 3\nd 5\nd 6[ 2.0] oops\nt 1 2\n', 0);
  expect(log).toMatchObject({ diskSeq: 5, ticks: [], otherLines: ['[    1.0] t 1 2 3', 'd 6[ 2.0] oops', 't 1 2'] });
});

it('knows a machine that was started anew', () => {
  const log = new ConsoleLog();
  const other = ID.replace('6', '7');
  log.feed(`boot ${ID}\nboot ${ID}\nboot ${other}\n`, 0);
  expect(log.bootIds).toEqual([ID, other]);
});

it('measures gaps by both clocks', () => {
  const log = new ConsoleLog();
  log.feed('t 1 100 100\n', 1000);
  log.feed('t 2 110 110\n', 1010);
  log.feed('t 3 125 125\n', 1500);
  log.feed('t 4 135 135\n', 1505);
  expect(log.gaps()).toEqual([
    { afterSeq: 1, guestMs: 10, hostMs: 10 },
    { afterSeq: 2, guestMs: 15, hostMs: 490 },
    { afterSeq: 3, guestMs: 10, hostMs: 5 },
  ]);
  expect(log.longestGap()).toEqual({ guestMs: 15, hostMs: 490 });
  expect(log.longestGap(3)).toEqual({ guestMs: 10, hostMs: 5 });
  expect(log.lastTick?.seq).toBe(4);
});
