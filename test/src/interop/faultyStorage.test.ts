import { expect, it, type TestContext } from 'vitest';
import { ForeignDaemon } from '../harness/foreignDaemon.js';
import { fuseFile } from '../harness/fuseFile.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireFuse, requireTool } from '../harness/tools.js';
import { type NbdServer, nbdServer } from './nbdServer.js';
import { type Attempt, tryInNbdsh } from './nbdsh.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 8 * MEBIBYTE;

/** An image on storage that fails as told: a file of nbdfuse over an nbdkit whose calls are shell scripts. */
async function faulty(context: TestContext, ...scripts: readonly string[]): Promise<NbdServer> {
  for (const tool of ['nbdsh', 'nbdkit', 'nbdfuse']) requireTool(context, tool);
  requireFuse(context);
  const stage: Stage = stageForTest();
  const [socket, data] = [stage.path('faulty.sock'), stage.path('data')];
  const whole = [
    `get_size=echo ${SIZE_BYTES}`,
    `open=[ -e ${data} ] || truncate -s ${SIZE_BYTES} ${data}`,
    `pread=dd if=${data} skip=$4 count=$3 iflag=count_bytes,skip_bytes status=none`,
    `pwrite=dd of=${data} seek=$4 conv=notrunc oflag=seek_bytes status=none`,
  ];
  const own = scripts.map((script) => script.slice(0, script.indexOf('=')));
  const kept = whole.filter((script) => !own.some((name) => script.startsWith(`${name}=`)));
  const nbdkit = new ForeignDaemon(stage, 'nbdkit', ['-f', '-U', socket, 'eval', ...kept, ...scripts]);
  await nbdkit.answering({ path: socket });
  return nbdServer(stage, { disk: await fuseFile(stage, `nbd+unix:///?socket=${socket}`) });
}

const WRITE: Attempt = ['write', 'h.pwrite(b"x" * 4096, 4096)'];
const READ: Attempt = ['read', 'h.pread(4096, 4096)'];

it('a failed fdatasync is answered to FLUSH and to FUA, each time', async (context) => {
  const server = await faulty(context, 'can_flush=exit 0', 'flush=echo "EIO broken" >&2; exit 1');
  const outcomes = await tryInNbdsh(server.uri('disk'), [
    WRITE,
    ['flush', 'h.flush()'],
    ['flush again', 'h.flush()'],
    ['write with FUA', 'h.pwrite(b"y" * 4096, 8192, FUA)'],
    READ,
  ]);
  expect(outcomes).toEqual({ write: 'ok', flush: 'EIO', 'flush again': 'EIO', 'write with FUA': 'EIO', read: 'ok' });
});

it('a failed write is answered, and later ones are tried', async (context) => {
  const server = await faulty(
    context,
    'can_write=exit 0',
    'pwrite=[ $4 -ge 4194304 ] || { echo "EIO broken" >&2; exit 1; }; cat >/dev/null',
  );
  const outcomes = await tryInNbdsh(server.uri('disk'), [
    WRITE,
    ['zeroes', 'h.zero(4096, 8192)'],
    ['write elsewhere', 'h.pwrite(b"x" * 4096, 4194304)'],
    READ,
  ]);
  expect(outcomes).toEqual({ write: 'EIO', zeroes: 'EIO', 'write elsewhere': 'ok', read: 'ok' });
});

it('a failed read is answered, and the others go on', async (context) => {
  const failing = 'pread=[ $(($3 + $4)) -le 4194304 ] || { echo "EIO broken" >&2; exit 1; }; head -c $3 /dev/zero';
  const server = await faulty(context, failing);
  const outcomes = await tryInNbdsh(server.uri('disk'), [
    READ,
    ['read of the bad part', 'h.pread(4096, 6 * 2 ** 20)'],
    ['read across', 'h.pread(8192, 4194304 - 4096)'],
    ['read in one piece', 'h.pread_structured(4096, 6 * 2 ** 20, ignore, DF)'],
  ]);
  expect(outcomes).toEqual({
    read: 'ok',
    'read of the bad part': 'EIO',
    'read across': 'EIO',
    'read in one piece': 'EIO',
  });
});
