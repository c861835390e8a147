import { LIMITS } from '@godwit/protocol';
import { expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { makeEmptyImage } from '../harness/imageFiles.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { type NbdServer, nbdServer } from './nbdServer.js';
import { RawClient } from './rawClient.js';
import { COMMAND, clientFlags, goOption, OPTION, option, REPLY, request } from './wire.js';

const SIZE_BYTES = 1024 * 1024;
const GREETING_BYTES = 18;

async function served(): Promise<{ stage: Stage; server: NbdServer }> {
  const stage = stageForTest();
  makeEmptyImage(stage.path('disk.raw'), SIZE_BYTES);
  return { stage, server: await nbdServer(stage, { disk: stage.path('disk.raw') }) };
}

/** True when the connection got our greeting, false when it was closed without a word. */
async function isGreeted(client: RawClient): Promise<boolean> {
  return client.read(GREETING_BYTES).then(
    () => true,
    () => false,
  );
}

/** Undefined when the connection was refused. */
function attached(stage: Stage, server: NbdServer): Promise<RawClient | undefined> {
  return RawClient.attach(stage, server.place('unix'), 'disk').catch(() => undefined);
}

it('a connection beyond the limit is closed at once, and silent ones make room when their time is over', async () => {
  const { stage, server } = await served();
  const attached = await RawClient.attach(stage, server.place('TCP'), 'disk');
  const silent: RawClient[] = [];
  for (let index = 1; index < LIMITS.nbdConnections; index++) {
    const client = await RawClient.connect(stage, server.place(index % 2 === 0 ? 'TCP' : 'unix'));
    expect(await isGreeted(client)).toBe(true);
    // Some say half of what they should.
    if (index % 3 === 0) client.send(clientFlags());
    if (index % 3 === 1) client.send(clientFlags(), goOption('disk').subarray(0, 20));
    silent.push(client);
  }
  for (const transport of ['TCP', 'unix'] as const) {
    expect(await isGreeted(await RawClient.connect(stage, server.place(transport)))).toBe(false);
  }
  expect((await attached.call({ command: COMMAND.read, length: 512 })).errno).toBe(0);
  // What they were sent has to be read for the end to be seen.
  for (const client of silent) client.socket.resume();
  await Promise.all(silent.map((client) => client.ended));
  expect((await attached.call({ command: COMMAND.read, length: 512 })).errno).toBe(0);
  const next = await RawClient.attach(stage, server.place('unix'), 'disk');
  expect((await next.call({ command: COMMAND.read, length: 512 })).errno).toBe(0);
});

it('a client that goes makes room for another', async () => {
  const { stage, server } = await served();
  for (let turn = 0; turn < 3; turn++) {
    const clients: RawClient[] = [];
    for (let index = 0; index < LIMITS.nbdConnections; index++) {
      // That one has gone is known to the agent a moment after it is known here.
      clients.push(await until('room for another', () => attached(stage, server)));
    }
    for (const client of clients) client.send(request({ command: COMMAND.disconnect }));
    for (const client of clients) client.socket.resume();
    await Promise.all(clients.map((client) => client.ended));
  }
});

it('an option that is too long is refused, and the next one is heard', async () => {
  const { stage, server } = await served();
  const client = await RawClient.connect(stage, server.place('TCP'));
  await client.read(GREETING_BYTES);
  client.send(clientFlags(), option(OPTION.go, Buffer.alloc(LIMITS.nbdOptionBytes + 1)));
  const { reply } = await client.optionReply();
  // The high bit says error.
  expect(reply >>> 31).toBe(1);
  client.send(option(OPTION.list));
  expect(await client.optionReply()).toMatchObject({ option: OPTION.list, reply: REPLY.server });
  expect(await client.optionReply()).toMatchObject({ option: OPTION.list, reply: REPLY.ack });
});

it('a client that chooses no export, option after option, is closed', async () => {
  const { stage, server } = await served();
  const client = await RawClient.connect(stage, server.place('unix'));
  client.socket.resume();
  client.send(clientFlags());
  for (let sent = 0; sent <= LIMITS.nbdOptions; sent++) client.send(option(OPTION.list));
  await client.ended;
});

it('a write of more than 32 MiB does not cost more than its connection', async () => {
  const { stage, server } = await served();
  const client = await RawClient.attach(stage, server.place('TCP'), 'disk');
  client.send(request({ command: COMMAND.write, length: LIMITS.nbdRequestBytes + 1 }));
  // Answered or not, nothing else comes: what follows could not be told from its payload.
  client.socket.resume();
  await client.ended;
  const next = await RawClient.attach(stage, server.place('TCP'), 'disk');
  expect((await next.call({ command: COMMAND.read, length: 512 })).errno).toBe(0);
});
