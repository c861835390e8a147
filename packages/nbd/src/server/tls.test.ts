import { connect, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { ONE, TWO } from './testing/certificates.js';
import { secureContextOf, type TlsMaterial, upgradeToTls } from './tls.js';

const TIMEOUT_MS = 20_000;

const opened: { destroy(): unknown }[] = [];
const listening: { close(): unknown }[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
  for (const server of listening.splice(0)) server.close();
});

/** Both ends of a connection on the loopback. */
async function joined(): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer();
  listening.push(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = new Promise<Socket>((resolve) => listener.once('connection', resolve));
  const client = connect(address.port, '127.0.0.1');
  const server = await accepted;
  opened.push(client, server);
  // A server that refuses may reset the connection.
  client.on('error', () => undefined);
  return { client, server };
}

/** What the server makes of a client with these options. */
async function handshake(material: TlsMaterial, options: ConnectionOptions): Promise<TLSSocket> {
  const { client, server } = await joined();
  const secure = connectTls({ socket: client, ca: ONE.cert, servername: 'localhost', ...options });
  secure.on('error', () => undefined);
  secure.on('secureConnect', () => secure.write('within'));
  opened.push(secure);
  return upgradeToTls(server, material, TIMEOUT_MS);
}

async function firstText(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => socket.once('data', (bytes) => resolve(String(bytes))));
}

/** Resolves when the other end knows that it is over. */
function ended(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

describe('upgradeToTls', () => {
  it('takes any client where there is no authority', async () => {
    const secure = await handshake({ cert: ONE.cert, key: ONE.key }, {});
    expect(await firstText(secure)).toBe('within');
  });

  it('takes a client whose certificate the authority signed', async () => {
    const secure = await handshake({ ...ONE, ca: TWO.cert }, TWO);
    expect([await firstText(secure), secure.authorized]).toEqual(['within', true]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    "refuses a client of %s without a certificate, or with a stranger's",
    async (v) => {
      const material = { ...ONE, ca: TWO.cert };
      await expect(handshake(material, { minVersion: v, maxVersion: v })).rejects.toThrow();
      await expect(handshake(material, { ...ONE, minVersion: v, maxVersion: v })).rejects.toThrow();
    },
  );

  it('refuses what is older than 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await expect(handshake({ cert: ONE.cert, key: ONE.key }, old)).rejects.toThrow();
  });

  it('ends a client that speaks something else', async () => {
    const { client, server } = await joined();
    const over = ended(client);
    client.write('IHAVEOPT and more of what is no TLS');
    await expect(upgradeToTls(server, ONE, TIMEOUT_MS)).rejects.toThrow();
    await over;
  });

  it('ends a client that stalls, and one that leaves', async () => {
    const stalling = await joined();
    const over = ended(stalling.client);
    await expect(upgradeToTls(stalling.server, ONE, 20)).rejects.toThrow('TLS handshake failed: TLS handshake timeout');
    await over;
    const leaving = await joined();
    leaving.client.end();
    await expect(upgradeToTls(leaving.server, ONE, TIMEOUT_MS)).rejects.toThrow();
  });
});

describe('secureContextOf', () => {
  it('refuses a key of another certificate', () => {
    expect(() => secureContextOf({ cert: ONE.cert, key: TWO.key })).toThrow();
  });
});
