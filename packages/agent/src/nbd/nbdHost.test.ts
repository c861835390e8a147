import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeldTurns } from '@godwit/image';
import { NbdClient, SharedRoom } from '@godwit/nbd';
import { expect, it, onTestFinished } from 'vitest';
import { ExportCounters } from './exportCounters.js';
import { NbdHost } from './nbdHost.js';
import { scratchImage } from './testing/scratchImage.js';

it('bounds what all of its connections hold at a shut gate', async () => {
  const room = new SharedRoom(4096);
  const host = new NbdHost(
    { type: 'start', tls: { mode: 'off' }, wait: false, farewell: 'eshutdown' },
    () => undefined,
    room,
  );
  const folder = mkdtempSync(join(tmpdir(), 'godwit-host-'));
  const path = join(folder, 's');
  const server = net
    .createServer({ pauseOnConnect: true }, (socket) => host.wrap(socket, () => undefined))
    .listen(path);
  onTestFinished(async () => {
    server.close();
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await once(server, 'listening');
  const image = scratchImage('vm', 65_536);
  host.add(image.handle(), new ExportCounters(), new HeldTurns());
  const client = await NbdClient.connect({ path }, 'vm', { timeoutMs: 10_000 });
  image.maps.gate.close();
  const lost = expect(client.write(0, Buffer.alloc(4096))).rejects.toThrow();
  await expect.poll(() => room.isTaken).toBe(true);
  client.destroy();
  await lost;
  await expect.poll(() => room.isTaken).toBe(false);
});
