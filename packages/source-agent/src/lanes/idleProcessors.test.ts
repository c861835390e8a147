import { expect, it } from 'vitest';
import { IdleProcessors } from './idleProcessors.js';

function stat(idle: number, iowait: number): string {
  return `cpu  1000 2 300 ${idle} ${iowait} 0 5 0 0 0\ncpu0 500 1 150 9 9 0 5 0 0 0\n`;
}

it('counts processors at rest, and those that wait for disks, since the last time', () => {
  const texts = [stat(1000, 50), stat(1150, 50), stat(1150, 90), stat(1150, 90), stat(1100, 90), stat(1200, 90)];
  let nowMs = 0;
  const idle = new IdleProcessors(
    () => texts.shift() ?? '',
    () => (nowMs += 1000),
  );
  // In turn: 1.5 of them idle, 0.4 waiting, none, a step back, 1.
  expect([1, 2, 3, 4, 5].map(() => idle.sample())).toEqual([1.5, 0.4, 0, 0, 1]);
});

it('takes them for many where nobody says', () => {
  const hidden = new IdleProcessors(() => {
    throw new Error('ENOENT');
  });
  expect(hidden.sample()).toBe(Number.POSITIVE_INFINITY);
});

it('reads them from this machine', () => {
  const idle = new IdleProcessors();
  const until = performance.now() + 100;
  while (performance.now() < until) Math.random();
  expect(idle.sample()).toBeLessThan(1e4);
});
