import type { ImageView, MigrationView } from '@godwit/agent';
import type { Finding, VmView } from '../client/vmViews.js';

/** A migration in the middle of its second round; tests change what they are about. */
export function sampleView(changes: Partial<MigrationView> = {}): MigrationView {
  return {
    id: 'm-1',
    role: 'source',
    images: ['vm0'],
    state: 'active',
    mode: 'live',
    verify: 'full',
    startedAt: '2026-01-02T03:04:05.000Z',
    progress: {
      phase: 'round 2',
      total: 1024 ** 3,
      transferred: 512 * 1024 ** 2,
      remaining: 512 * 1024 ** 2,
      duplicate: 256 * 1024 ** 2,
      normal: 300 * 1024 ** 2,
      wireBytes: 150 * 1024 ** 2,
      resent: 0,
      percent: 50,
      etaMs: 4200,
      mbps: 1250,
      dirtyBytesPerSec: 12 * 1024 ** 2,
      expectedDowntimeMs: 34,
    },
    rounds: [
      {
        round: 1,
        blocks: 16_384,
        bytes: 1024 ** 3,
        zeroBytes: 256 * 1024 ** 2,
        wireBytes: 140 * 1024 ** 2,
        durationMs: 3100,
        dirtiedBytes: 34 * 1024 ** 2,
        mbps: 378.8,
      },
    ],
    ...changes,
  };
}

/** The same migration after it went well. */
export function completedView(changes: Partial<MigrationView> = {}): MigrationView {
  const view = sampleView();
  return {
    ...view,
    state: 'completed',
    endedAt: '2026-01-02T03:04:10.500Z',
    progress: {
      ...view.progress,
      phase: 'completed',
      transferred: view.progress.total,
      remaining: 0,
      percent: 100,
      etaMs: 0,
    },
    downtime: { totalMs: 43.4, drainMs: 1, finalRoundMs: 20, verifyMs: 10, persistMs: 8.4, takeoverMs: 4 },
    verified: { mode: 'full', blocks: 16_384, bytes: 1024 ** 3, mismatches: 0, reRead: 3 },
    ...changes,
  };
}

/** An image of the source. */
export function sampleImage(changes: Partial<ImageView> = {}): ImageView {
  return {
    name: 'vm0',
    path: '/var/lib/vm0.img',
    size: 1024 ** 3,
    kind: 'disk',
    blockSize: 65_536,
    allocatedBytes: 400 * 1024 ** 2,
    owner: { role: 'owner', epoch: 1 },
    dirtyBlocks: 16,
    ...changes,
  };
}

/** A virtual machine that runs. */
export function sampleVm(changes: Partial<VmView> = {}): VmView {
  return {
    name: 'web',
    uuid: '6a2f6a0e-0c0b-4c6e-9f4c-0b3f6f5b7a11',
    phase: 'running',
    images: ['web-ram', 'web-state', 'web-root'],
    pid: 4711,
    runState: 'running',
    commandLine: "qemu-system-x86_64 -name web -append 'console=ttyS0 quiet'",
    console: '/srv/web.log',
    ...changes,
  };
}

export function sampleFinding(changes: Partial<Finding> = {}): Finding {
  return {
    severity: 'warning',
    code: 'qemu-older',
    what: 'the destination has an older QEMU',
    why: '7.2 is there, 8.0 is here',
    mend: 'install QEMU 8.0 there',
    ...changes,
  };
}
