import { describe, expect, it } from 'vitest';
import { completedView, sampleImage, sampleView } from '../testing/views.js';
import { renderImages, renderMigrations, renderStatus } from './statusText.js';

const NOW_MS = Date.parse('2026-01-02T03:04:15.000Z');

describe('godwit status ID', () => {
  it('says in plain words what goes on', () => {
    expect(renderStatus(sampleView(), 120, NOW_MS)).toEqual([
      'migration m-1',
      'images    vm0',
      'state     active: copying while the workload writes',
      'owner     the source owns and goes on',
      'seen by   the source',
      'mode      live',
      'started   2026-01-02T03:04:05.000Z, running for 10.0s',
      'progress  round 2: 50.0%, 512 MiB of 1 GiB, 1.3 Gbit/s, ETA 4.2s, workload writes 12 MiB/s',
      'bytes     300 MiB moved as 150 MiB on the wire (50.0%), 256 MiB of zeros as ranges',
      'downtime  expected 34ms',
      'verified  nothing yet (full was asked for)',
      '',
      'round  blocks  bytes    zeros     wire  time        rate  dirtied',
      '    1   16384  1 GiB  256 MiB  140 MiB  3.1s  379 Mbit/s   34 MiB',
    ]);
  });

  it('breaks long lines at a narrow width', () => {
    expect(renderStatus(completedView({ rounds: [] }), 40, NOW_MS)).toEqual([
      'migration m-1',
      'images    vm0',
      'state     completed: done',
      'owner     the destination owns and',
      '          serves',
      'seen by   the source',
      'mode      live',
      'started   2026-01-02T03:04:05.000Z, took',
      '          5.5s',
      'progress  100%, 1 GiB of 1 GiB',
      'bytes     300 MiB moved as 150 MiB on',
      '          the wire (50.0%), 256 MiB of',
      '          zeros as ranges',
      'downtime  43ms = drain 1ms + final round',
      '          20ms + verify 10ms + persist',
      '          8ms + takeover 4ms',
      'verified  full: 16384 blocks (1 GiB)',
      '          read back and equal on both',
      '          sides; no differences, 3 read',
      '          again after writes',
    ]);
  });

  it('says who owns in every state, and never guesses', () => {
    const ownerOf = (state: Parameters<typeof sampleView>[0]) =>
      renderStatus(sampleView(state), 200, NOW_MS).find((line) => line.startsWith('owner'));
    expect(ownerOf({ state: 'outcome-unknown' })).toBe(
      'owner     not known yet: the source has given up ownership and asks the destination whether it took over',
    );
    expect(ownerOf({ state: 'switchover' })).toBe('owner     the source, which is handing over');
    for (const state of ['setup', 'active', 'pre-switchover', 'cancelling', 'cancelled', 'failed', 'paused'] as const) {
      expect(ownerOf({ state })).toBe('owner     the source owns and goes on');
    }
  });

  it('says what to do where something can be done, for either side', () => {
    const adviceOf = (view: Parameters<typeof sampleView>[0]) =>
      renderStatus(sampleView(view), 300, NOW_MS).find((line) => line.startsWith('to do'));
    for (const role of ['source', 'destination'] as const) {
      expect(adviceOf({ role, state: 'active' })).toBeUndefined();
      expect(adviceOf({ role, state: 'paused' })).toContain('to do     nothing: ');
    }
    expect(adviceOf({ state: 'outcome-unknown' })).toContain('at once by `godwit resolve m-1`');
    expect(adviceOf({ role: 'destination', state: 'outcome-unknown' })).toContain('--force-owner destination');
    expect(adviceOf({ state: 'pre-switchover' })).toContain('`godwit cutover m-1`');
  });

  it('takes the escape out of what an agent says', () => {
    const error = { code: 'E_IO', message: 'x\u001b[2Jy', detail: 'a\nb' };
    expect(renderStatus(sampleView({ state: 'failed', error }), 80, NOW_MS)).toContain('reason    E_IO x [2Jy (a b)');
  });
});

describe('tables', () => {
  it('lists migrations', () => {
    const views = [sampleView(), completedView({ id: 'm-2', images: ['a', 'b'] })];
    expect(renderMigrations(views, 80)).toEqual([
      'ID   STATE       DONE  IMAGES  OWNER        ROUNDS  STARTED',
      'm-1  active     50.0%  vm0     source            1  2026-01-02T03:04:05Z',
      'm-2  completed   100%  a,b     destination       1  2026-01-02T03:04:05Z',
    ]);
    expect(renderMigrations(views, 40)).toEqual([
      'ID   STATE       DONE  IMAGES',
      'm-1  active     50.0%  vm0',
      'm-2  completed   100%  a,b',
    ]);
    expect(renderMigrations([], 80)).toEqual(['no migrations']);
  });

  it('lists images', () => {
    const moved = {
      name: 'vm0-memory',
      kind: 'memory',
      blockSize: 4096,
      owner: { role: 'released', epoch: 1 },
    } as const;
    const images = [sampleImage(), sampleImage({ ...moved, location: 'http://host2:7401/v1/images/vm0-memory' })];
    expect(renderImages(images, 120)).toEqual([
      'NAME        KIND     SIZE  ON DISK   BLOCK   DIRTY  OWNER         WHERE',
      'vm0         disk    1 GiB  400 MiB  64 KiB   1 MiB  owner (1)',
      'vm0-memory  memory  1 GiB  400 MiB   4 KiB  64 KiB  released (1)  http://host2:7401/v1/images/vm0-memory',
    ]);
    expect(renderImages(images, 40)).toEqual([
      'NAME         SIZE  OWNER',
      'vm0         1 GiB  owner (1)',
      'vm0-memory  1 GiB  released (1)',
    ]);
    expect(renderImages([], 40)).toEqual(['no images']);
  });
});
