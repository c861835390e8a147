import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { makeEmptyImage } from '../harness/imageFiles.js';
import { peakBytesDuring, residentBytesOf } from '../harness/memory.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { SeededRandom } from '../oracle/seededRandom.js';
import { fioVerify } from './fio.js';
import { fuzzedStream } from './fuzz.js';
import { type NbdServer, nbdServer, TRANSPORTS, type Transport } from './nbdServer.js';
import { RawClient } from './rawClient.js';
import { COMMAND } from './wire.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 32 * MEBIBYTE;
const FUZZ_MS = 10_000;
const FUZZERS = 4;
/** A client that neither went on nor was closed has been understood to be waiting for more. */
const SILENCE_MS = 30;
/** Each of the fuzzers may make the agent hold a payload (LIMITS.nbdRequestBytes), or be read to; and fio its own. */
const BOUND_BYTES = 256 * MEBIBYTE;

it('clients that talk nonsense in every phase harm neither the agent nor others', async (context) => {
  requireTool(context, 'fio');
  const seed = randomInt(2 ** 31);
  console.log(`fuzz seed ${seed}`);
  const stage = stageForTest();
  makeEmptyImage(stage.path('fuzzed.raw'), SIZE_BYTES);
  makeEmptyImage(stage.path('steady.raw'), SIZE_BYTES);
  const server = await nbdServer(stage, { fuzzed: stage.path('fuzzed.raw'), steady: stage.path('steady.raw') });
  const { pid } = server;
  const atRest = residentBytesOf(pid);
  const fuzzing = new AbortController();
  const fuzzers = Array.from({ length: FUZZERS }, (_, index) =>
    fuzz(stage, server, TRANSPORTS[index % 2] ?? 'TCP', new SeededRandom(seed + index), fuzzing.signal),
  );
  const deadlineMs = performance.now() + FUZZ_MS;
  const peak = await peakBytesDuring(pid, async () => {
    try {
      while (performance.now() < deadlineMs) await expectSteady(server);
    } finally {
      fuzzing.abort();
    }
    const connections = (await Promise.all(fuzzers)).reduce((sum, each) => sum + each, 0);
    // Far fewer would mean that the fuzzers hung.
    expect(connections).toBeGreaterThan(100);
  });
  expect(peak - atRest).toBeLessThan(BOUND_BYTES);
  expect(server.agent.pid).toBe(pid);
  for (const transport of TRANSPORTS) {
    const client = await RawClient.attach(stage, server.place(transport), 'fuzzed');
    expect((await client.call({ command: COMMAND.read, length: 512 })).errno).toBe(0);
  }
  expect(server.agent.output).not.toMatch(/E_INTERNAL|"level":(50|60)|at .*\.js:\d+/);
});

async function expectSteady(server: NbdServer): Promise<void> {
  const args = ['--rw=randwrite', '--bsrange=4k-64k', '--iodepth=16', '--fsync=64'];
  const report = await fioVerify(server.uri('steady', 'unix'), { args, sizeBytes: SIZE_BYTES });
  expect(report).toMatchObject({ errors: 0, verifiedBytes: SIZE_BYTES });
}

/** One connection after another, each with a stream of its own; how many there were. */
async function fuzz(
  stage: Stage,
  server: NbdServer,
  transport: Transport,
  random: SeededRandom,
  signal: AbortSignal,
): Promise<number> {
  let connections = 0;
  for (; !signal.aborted; connections++) {
    const client = await RawClient.connect(stage, server.place(transport));
    client.socket.resume();
    const stream = fuzzedStream(random);
    const cut = random.below(stream.length + 1);
    client.send(stream.subarray(0, cut), stream.subarray(cut));
    await silenceOf(client);
    if (random.below(2) === 0) client.cut();
    else client.socket.destroy();
    await client.ended;
  }
  return connections;
}

/** Resolves when the connection has ended, or nothing came for a while. */
function silenceOf(client: RawClient): Promise<void> {
  return new Promise((resolve) => {
    client.socket.setTimeout(SILENCE_MS, resolve);
    void client.ended.then(resolve);
  });
}
