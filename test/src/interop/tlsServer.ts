import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect } from 'node:tls';
import { Authority, type Credentials } from '../harness/certificates.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { type NbdServer, nbdServer, type Place, type Transport } from './nbdServer.js';
import { RawClient } from './rawClient.js';
import { clientFlags, option } from './wire.js';

const START_TLS = 5;
const GREETING_BYTES = 18;
/** Of an image, where nothing else is said. */
export const IMAGE_BYTES = 8 * 1024 * 1024;

/** A server that serves by TLS, and the authority that its clients have to be of. */
export interface TlsServer {
  readonly authority: Authority;
  readonly certificate: Credentials;
  readonly server: NbdServer;
  readonly imagePath: string;
}

interface TlsPlan {
  /** Certificates of clients are wanted. */
  readonly prove: boolean;
  readonly args?: readonly string[];
  readonly imageBytes?: number;
}

/** `--tls-cert` and `--tls-key` for it. */
export function certificateArgs({ cert, key }: Credentials): string[] {
  return ['--tls-cert', cert, '--tls-key', key];
}

/** With an image of random bytes. */
export async function tlsServer(
  stage: Stage,
  { prove, args = [], imageBytes = IMAGE_BYTES }: TlsPlan,
): Promise<TlsServer> {
  const imagePath = stage.path('disk.raw');
  makeRandomImage(imagePath, imageBytes);
  const authority = await Authority.make(stage);
  const certificate = await authority.server();
  const ca = prove ? ['--tls-ca', authority.cert] : [];
  const server = await nbdServer(stage, { [DISK]: imagePath }, [...certificateArgs(certificate), ...ca, ...args]);
  return { authority, certificate, server, imagePath };
}

/** URI for libnbd, which proves the server. */
export function tlsUri(server: NbdServer, { folder }: Credentials, transport: Transport = 'TCP'): string {
  const how = `tls-certificates=${folder}&tls-verify-peer=true`;
  if (transport === 'TCP') return `nbds://localhost:${server.port}/${DISK}?${how}`;
  return `nbds+unix:///${DISK}?socket=${server.socketPath}&${how}`;
}

/** Options of qemu-img and qemu-io for a TLS client, which proves the server. */
export function qemuTls(server: NbdServer, { folder }: Credentials): string[] {
  const creds = `tls-creds-x509,id=tls0,endpoint=client,dir=${folder},verify-peer=yes`;
  const image = `driver=nbd,host=localhost,port=${server.port},export=${DISK},tls-creds=tls0`;
  return ['--object', creds, '--image-opts', image];
}

/** A connection in plain text that has said its flags. */
export async function greeted(stage: Stage, place: Place): Promise<RawClient> {
  const client = await RawClient.connect(stage, place);
  await client.read(GREETING_BYTES);
  client.send(clientFlags());
  return client;
}

/** STARTTLS as it is sent. */
export function startTlsOption(data: Uint8Array = Buffer.alloc(0)): Buffer {
  return option(START_TLS, data);
}

/** Certificate and key for node's client. */
export function shown({ ca, cert, key }: Credentials): ConnectionOptions {
  return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
}

/** Shakes hands on a connection on which STARTTLS was acknowledged; fails when the server does not. */
export async function shakeHands(client: RawClient, options: ConnectionOptions): Promise<RawClient> {
  const socket = connect({ socket: client.socket, servername: 'localhost', ...options });
  const inside = RawClient.over(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended in the handshake')));
  });
  return inside;
}

/** The way of an honest client, into TLS. */
export async function insideTls(stage: Stage, place: Place, options: ConnectionOptions): Promise<RawClient> {
  const client = await greeted(stage, place);
  client.send(startTlsOption());
  await client.optionReply();
  return shakeHands(client, options);
}
