import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type HoldPoint, holdForTest } from './hold.js';

const folder = mkdtempSync(join(tmpdir(), 'godwit-hold-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether it has gone on. */
function hold(point: HoldPoint, environment: string | undefined): { done: boolean; gone: Promise<void> } {
  const state = { done: false, gone: Promise.resolve() };
  state.gone = holdForTest(point, environment).then(() => {
    state.done = true;
  });
  return state;
}

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

it('holds at the point that is named, says so, and goes on when the file is there', async () => {
  const [seal, owner] = [join(folder, 'seal'), join(folder, 'owner')];
  const environment = `source.switchover.before-seal:${seal},dest.before-owner:${owner}`;
  const atSeal = hold('source.switchover.before-seal', environment);
  const atOwner = hold('dest.before-owner', environment);
  expect([existsSync(`${seal}.held`), existsSync(`${owner}.held`)]).toEqual([true, true]);
  writeFileSync(join(folder, 'bystander'), '');
  writeFileSync(seal, '');
  await atSeal.gone;
  for (let i = 0; i < 5; i++) await turnOfTheLoop();
  expect(atOwner.done).toBe(false);
  writeFileSync(owner, '');
  await atOwner.gone;
});

it('does not hold where nobody asked, or where the file is there already', async () => {
  const path = join(folder, 'elsewhere');
  await holdForTest('dest.before-prepared', `dest.before-owner:${path}`);
  await holdForTest('source.switchover.after-seal', `source.switchover.after:${path}`);
  await holdForTest('dest.before-owner', '');
  await holdForTest('dest.before-owner');
  writeFileSync(path, '');
  await holdForTest('dest.before-owner', `dest.before-owner:${path}`);
  expect(existsSync(`${path}.held`)).toBe(false);
});
