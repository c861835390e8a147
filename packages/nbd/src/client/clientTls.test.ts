import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OptionReply } from '../codec/constants.js';
import { NbdConnection } from '../server/connection.js';
import { ONE, TWO } from '../server/testing/certificates.js';
import { MemoryExport } from '../server/testing/memoryExport.js';
import { NbdClient } from './nbdClient.js';
import { refusalOf } from './refusal.js';
import type { ClientTls } from './startClientTls.js';

let folder: string;
let server: net.Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-client-'));
  server = net.createServer({ pauseOnConnect: true }, (socket) => {
    NbdConnection.wrap(socket, {
      exports: new MemoryExport(4096).asExports(),
      tls: { mode: 'require', material: { ...ONE, ca: TWO.cert } },
      handshakeTimeoutMs: 5_000,
      onEnd: () => undefined,
    });
  });
  server.listen(join(folder, 's'));
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const connect = (tls?: ClientTls) =>
  NbdClient.connect({ path: join(folder, 's') }, 'disk', { timeoutMs: 5_000, ...(tls && { tls }) });

describe('a client with TLS', () => {
  it('reads and writes inside, having shown its certificate', async () => {
    const client = await connect({ ca: ONE.cert, ...TWO });
    await client.write(0, Uint8Array.of(1, 2, 3));
    const target = new Uint8Array(3);
    await client.read(0, target);
    expect([...target]).toEqual([1, 2, 3]);
    await client.close();
  });

  it.each<[string, ClientTls]>([
    ['does not trust a server whom nobody vouches for', { ...TWO }],
    ['does not trust one of another name', { ca: ONE.cert, ...TWO, serverName: 'elsewhere.example' }],
    ['is refused without a certificate', { ca: ONE.cert }],
    ['is refused with that of a stranger', { ca: ONE.cert, ...ONE }],
  ])('%s', async (_, tls) => {
    await expect(connect(tls)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  });

  it('is told that TLS is needed when it does not want it', async () => {
    const error: unknown = await connect().catch((thrown: unknown) => thrown);
    expect(refusalOf(error)).toBe(OptionReply.errTlsRequired);
  });
});
