import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectMovedWhole, expectSourceOwns, refusalOf } from '../harness/expectations.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import type { MigrationRequest, MigrationView } from '../harness/migrationView.js';
import { migrate, untilEnded, untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import { recordedRole } from '../harness/recordedRole.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE;
const BLOCK_BYTES = 64 * 1024;
const PATIENCE_MS = 60_000;
const CHANGED_BLOCKS = [0, 7, 100, 255];

/** A source with an image, and at the destination's path of it a backup that lacks four blocks. */
async function withBackup(
  stage: Stage,
  env?: Readonly<Record<string, string>>,
): Promise<Pair & { readonly backup: string }> {
  const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES), env ? { destination: { env } } : {});
  const backup = pair.destination.imagePath(DISK);
  copyFileSync(pair.path, backup);
  const fd = openSync(pair.path, 'r+');
  for (const block of CHANGED_BLOCKS)
    writeSync(fd, Buffer.alloc(BLOCK_BYTES, (block % 255) + 1), 0, BLOCK_BYTES, block * BLOCK_BYTES);
  closeSync(fd);
  return { ...pair, backup };
}

function request({ destination }: Pick<Pair, 'destination'>, more: Partial<MigrationRequest> = {}): MigrationRequest {
  return { images: [DISK], destination: destination.address, patienceMs: PATIENCE_MS, seed: true, ...more };
}

/** Digests of all blocks, and the four. */
function expectDifferenceSent({ progress }: MigrationView): void {
  const sent = CHANGED_BLOCKS.length * BLOCK_BYTES;
  expect(progress.wireBytes).toBeLessThan(sent + SIZE_BYTES * 0.01);
  expect(progress.normal).toBe(sent);
}

describe('a migration that begins with a file at the destination', () => {
  for (const verify of ['full', 'wire'] as const) {
    it(`sends what differs, and nothing else (${verify})`, async () => {
      const pair = await withBackup(stageForTest());
      const view = await migrate(pair.source.api, request(pair, { verify }));
      expect(view.state).toBe('completed');
      expectDifferenceSent(view);
      await expectMovedWhole(pair.source, pair.destination, pair.path);
    });
  }

  it('finds holes and zeros on either side', async () => {
    const stage = stageForTest();
    const pair = await withBackup(stage);
    await pair.source.api.discard(DISK, 2 * MEBIBYTE, MEBIBYTE);
    await pair.source.api.zero(DISK, 5 * MEBIBYTE, MEBIBYTE);
    const fd = openSync(pair.backup, 'r+');
    writeSync(fd, Buffer.alloc(MEBIBYTE), 0, MEBIBYTE, 8 * MEBIBYTE);
    closeSync(fd);
    expect((await migrate(pair.source.api, request(pair))).state).toBe('completed');
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });

  it('is not begun with a file that nobody named', async () => {
    const pair = await withBackup(stageForTest());
    const before = readFileSync(pair.backup);
    const view = await migrate(pair.source.api, request(pair, { seed: false }));
    expect(view.error?.code).toBe('E_EXISTS');
    expect(readFileSync(pair.backup).equals(before)).toBe(true);
    await expectSourceOwns(pair.source);
  });

  it('is refused what is no copy of it, which stays as it is', async () => {
    const stage = stageForTest();
    const pair = await withBackup(stage);
    truncateSync(pair.backup, SIZE_BYTES - BLOCK_BYTES);
    expect((await migrate(pair.source.api, request(pair))).error?.code).toBe('E_SEED');
    expect(readFileSync(pair.backup).length).toBe(SIZE_BYTES - BLOCK_BYTES);
    await expectSourceOwns(pair.source);
  });

  it.each(['link', 'folder'] as const)('is refused a %s', async (kind) => {
    const stage = stageForTest();
    const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES));
    const elsewhere = stage.path('elsewhere');
    writeFileSync(elsewhere, Buffer.alloc(SIZE_BYTES, 9));
    const seed = pair.destination.imagePath(DISK);
    if (kind === 'link') symlinkSync(elsewhere, seed);
    else mkdirSync(seed);
    expect((await migrate(pair.source.api, request(pair))).error?.code).toBe('E_SEED');
    expect(readFileSync(elsewhere).equals(Buffer.alloc(SIZE_BYTES, 9))).toBe(true);
  });

  it('leaves the file there when it is cancelled, and can begin with it again', async () => {
    const pair = await withBackup(stageForTest());
    const id = await pair.source.api.startMigration(request(pair, { cutover: 'manual' }));
    await untilState(pair.source.api, id, 'pre-switchover');
    await pair.source.api.cancel(id);
    await untilState(pair.source.api, id, 'cancelled');
    await until('the destination to have let go', () => recordedRole(pair.destination) === 'aborted');
    expect(existsSync(pair.backup)).toBe(true);
    expect((await migrate(pair.source.api, request(pair, { seed: false }))).error?.code).toBe('E_EXISTS');
    const view = await migrate(pair.source.api, request(pair));
    expect(view.state).toBe('completed');
    // The four blocks have arrived before.
    expect(view.progress.normal).toBe(0);
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });

  it('goes on with it after the destination was killed', async () => {
    const pair = await withBackup(stageForTest());
    const id = await pair.source.api.startMigration(request(pair, { cutover: 'manual' }));
    await untilState(pair.source.api, id, 'pre-switchover');
    await pair.destination.kill();
    await untilState(pair.source.api, id, 'paused');
    await pair.destination.start();
    await pair.source.api.cutover(id);
    await untilState(pair.source.api, id, 'completed');
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });

  it.each(['dest.copy.claimed', 'dest.copy.made', 'dest.copy.recorded'])(
    'never loses it, even where the destination dies at %s and nobody comes back',
    async (point) => {
      const pair = await withBackup(stageForTest(), { GODWIT_FAULT: `${point}=kill` });
      const before = readFileSync(pair.backup);
      const id = await pair.source.api.startMigration(request(pair, { patienceMs: 0 }));
      await pair.destination.process.ended;
      await untilEnded(pair.source.api, id);
      await pair.destination.start({});
      await until('the destination to have let go', () => recordedRole(pair.destination) === 'aborted');
      expect(readFileSync(pair.backup).equals(before)).toBe(true);
    },
  );

  it('does not serve it before it is whole', async () => {
    const pair = await withBackup(stageForTest());
    const id = await pair.source.api.startMigration(request(pair, { cutover: 'manual' }));
    await untilState(pair.source.api, id, 'pre-switchover');
    expect((await refusalOf(pair.destination.api.read(DISK, 0, 1))).code).toBe('E_NOT_OWNER');
    await pair.source.api.cutover(id);
    await untilState(pair.source.api, id, 'completed');
  });
});
