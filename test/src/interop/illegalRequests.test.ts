import { describe, expect, it, type TestContext } from 'vitest';
import { makeRandomImage } from '../harness/imageFiles.js';
import { dataRangesOf, sparseDigestOf } from '../harness/sparseFile.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { type NbdServer, nbdServer } from './nbdServer.js';
import { type Attempt, nbdsh, tryInNbdsh } from './nbdsh.js';
import { RawClient } from './rawClient.js';
import { COMMAND, ERRNO } from './wire.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 34 * MEBIBYTE;

async function served(context: TestContext): Promise<{ stage: Stage; server: NbdServer; path: string }> {
  requireTool(context, 'nbdsh');
  const stage = stageForTest();
  const path = stage.path('disk.raw');
  makeRandomImage(path, SIZE_BYTES, 61);
  return { stage, server: await nbdServer(stage, { disk: path }), path };
}

/** Every attempt ends as expected, and the connection answers after each. */
async function expectOutcomes(
  server: NbdServer,
  expected: Readonly<Record<string, readonly Attempt[]>>,
): Promise<void> {
  const attempts = Object.values(expected).flat();
  const wanted = Object.entries(expected).flatMap(([outcome, tried]) => tried.map(([what]) => [what, outcome]));
  expect(await tryInNbdsh(server.uri('disk'), attempts)).toEqual(Object.fromEntries(wanted));
}

describe('a connection lives on after', () => {
  it('requests past the end, and nothing is written', async (context) => {
    const { server, path } = await served(context);
    const before = sparseDigestOf(path);
    await expectOutcomes(server, {
      ENOSPC: [
        ['write at the end', 'h.pwrite(b"x" * 512, size)'],
        ['write across the end', 'h.pwrite(b"x" * 1024, size - 512)'],
        ['write at the end of 63 bits', 'h.pwrite(b"x", 2 ** 63 - 1)'],
        ['zeroes across the end', 'h.zero(1024, size - 512)'],
      ],
      EINVAL: [
        ['read at the end', 'h.pread(512, size)'],
        ['read across the end', 'h.pread(1024, size - 512)'],
        ['read at the end of 63 bits', 'h.pread(2, 2 ** 63 - 1)'],
        ['trim at the end', 'h.trim(512, size)'],
        ['trim across the end', 'h.trim(1024, size - 512)'],
        ['cache across the end', 'h.cache(1024, size - 512)'],
        ['status across the end', 'h.block_status(1024, size - 512, ignore)'],
      ],
    });
    expect(sparseDigestOf(path)).toBe(before);
  });

  it('flags that nobody knows, or that belong to another command', async (context) => {
    const { server, path } = await served(context);
    const before = sparseDigestOf(path);
    await expectOutcomes(server, {
      EINVAL: [
        ['read', 'h.pread(512, 0, 0x80)'],
        ['write', 'h.pwrite(b"x" * 512, 0, 0x80)'],
        ['flush', 'h.flush(0x80)'],
        ['trim', 'h.trim(512, 0, 0x8000)'],
        ['zeroes', 'h.zero(512, 0, 0x100)'],
        ['cache', 'h.cache(512, 0, 0x100)'],
        ['status', 'h.block_status(512, 0, ignore, 0x100)'],
        ['no hole for a read', 'h.pread(512, 0, NO_HOLE)'],
        ['one for a read', 'h.pread(512, 0, REQ_ONE)'],
        ['unfragmented for a write', 'h.pwrite(b"x" * 512, 0, DF)'],
        ['fast zero for a trim', 'h.trim(512, 0, FAST_ZERO)'],
      ],
    });
    expect(sparseDigestOf(path)).toBe(before);
  });

  it('reads of more than 32 MiB', async (context) => {
    const { server } = await served(context);
    await expectOutcomes(server, {
      ok: [['32 MiB', 'h.pread(32 * 2 ** 20, 0)']],
      EINVAL: [['one byte more', 'h.pread(32 * 2 ** 20 + 1, 0)']],
    });
  });

  it('lengths of zero', async (context) => {
    const { server, path } = await served(context);
    const before = sparseDigestOf(path);
    const outcomes = await tryInNbdsh(server.uri('disk'), [
      ['read', 'h.pread(0, 0)'],
      ['write', 'h.pwrite(b"", 0)'],
      ['trim', 'h.trim(0, 0)'],
      ['zeroes', 'h.zero(0, 0)'],
      ['cache', 'h.cache(0, 0)'],
      ['status', 'h.block_status(0, 0, ignore)'],
    ]);
    // Unspecified, so either is right; what counts is an answer and a connection that lives.
    expect(Object.values(outcomes).filter((outcome) => outcome !== 'ok' && outcome !== 'EINVAL')).toEqual([]);
    expect(sparseDigestOf(path)).toBe(before);
  });

  it('commands that do not exist', async (context) => {
    const { stage, server } = await served(context);
    const client = await RawClient.attach(stage, server.place('TCP'), 'disk');
    for (const command of [8, 9, 42, 0xffff]) {
      const answer = await client.call({ command, cookie: command, offset: 4096, length: 4096 });
      expect(answer).toMatchObject({ cookie: command, errno: ERRNO.invalid });
      expect((await client.call({ command: COMMAND.read, length: 512 })).errno).toBe(ERRNO.none);
    }
  });

  it('offsets of 64 bits', async (context) => {
    const { stage, server } = await served(context);
    const client = await RawClient.attach(stage, server.place('unix'), 'disk');
    // 2^64 - 4096, which with its length wraps around to zero.
    const offset = 2 ** 64 - 4096;
    expect((await client.call({ command: COMMAND.read, offset, length: 8192 })).errno).toBe(ERRNO.invalid);
    const payload = Buffer.alloc(8192, 1);
    expect((await client.call({ command: COMMAND.write, offset, payload })).errno).toBe(ERRNO.noSpace);
    expect((await client.call({ command: COMMAND.read, length: 512 })).errno).toBe(ERRNO.none);
  });

  it('BLOCK_STATUS for which no context was negotiated', async (context) => {
    const { stage, server } = await served(context);
    const client = await RawClient.attach(stage, server.place('unix'), 'disk');
    expect((await client.call({ command: COMMAND.blockStatus, length: 4096 })).errno).toBe(ERRNO.invalid);
    expect((await client.call({ command: COMMAND.read, length: 512 })).errno).toBe(ERRNO.none);
  });
});

it('FUA is taken with every command', async (context) => {
  const { server } = await served(context);
  await expectOutcomes(server, {
    ok: [
      ['read', 'h.pread(512, 0, FUA)'],
      ['write', 'h.pwrite(b"x" * 512, 0, FUA)'],
      ['flush', 'h.flush(FUA)'],
      ['trim', 'h.trim(4096, 4096, FUA)'],
      ['zeroes', 'h.zero(4096, 8192, FUA)'],
      ['zeroes that stay', 'h.zero(4096, 8192, FUA | NO_HOLE)'],
      ['cache', 'h.cache(512, 0, FUA)'],
      ['status', 'h.block_status(512, 0, ignore, FUA)'],
    ],
  });
});

it('a read with DF comes in one piece, and without it holes come as holes', async (context) => {
  const { server, path } = await served(context);
  const pieces = await nbdsh(
    server.uri('disk'),
    `
import json
h.zero(2 ** 20, 2 ** 20)
h.trim(2 ** 20, 2 ** 20)
around = bytes(h.pread(2 ** 20, 0)), bytes(2 ** 20), bytes(h.pread(2 ** 20, 2 ** 21))
def pieces(flags):
    found = []
    def take(data, offset, status, error):
        found.append([offset, len(data), status])
        return 0
    whole = bytes(h.pread_structured(3 * 2 ** 20, 0, take, flags))
    assert whole == b"".join(around)
    return sorted(found)
print(json.dumps({"whole": pieces(nbd.CMD_FLAG_DF), "pieces": pieces(0)}))
`,
  );
  expect(dataRangesOf(path)).toHaveLength(2);
  const [DATA, HOLE] = [1, 2];
  expect(pieces).toEqual({
    whole: [[0, 3 * MEBIBYTE, DATA]],
    pieces: [
      [0, MEBIBYTE, DATA],
      [MEBIBYTE, MEBIBYTE, HOLE],
      [2 * MEBIBYTE, MEBIBYTE, DATA],
    ],
  });
});
