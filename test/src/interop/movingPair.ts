import { GODWIT } from '../harness/daemonProcess.js';
import { ForeignDaemon } from '../harness/foreignDaemon.js';
import type { MigrationRequest } from '../harness/migrationView.js';
import { DISK, type PairOptions, pairOf } from '../harness/pair.js';
import { freePort } from '../harness/ports.js';
import type { Stage } from '../harness/stage.js';
import { NbdServer, type Place, type Transport } from './nbdServer.js';

/** Both agents with their exports; the image's file at the source. */
export interface MovingPair {
  readonly source: NbdServer;
  readonly destination: NbdServer;
  readonly path: string;
}

/** As pairOf, with NBD at both ends by TCP and by unix socket. */
export async function movingPair(
  stage: Stage,
  make: (path: string) => void,
  options: PairOptions = {},
): Promise<MovingPair> {
  const [here, there] = [await nbdPlace(stage, 'source'), await nbdPlace(stage, 'destination')];
  const { source, destination, path } = await pairOf(stage, make, {
    ...options,
    source: { ...options.source, args: [...argumentsOf(here), ...(options.source?.args ?? [])] },
    destination: { ...options.destination, args: [...argumentsOf(there), ...(options.destination?.args ?? [])] },
  });
  return {
    source: new NbdServer(source, here.port, here.path),
    destination: new NbdServer(destination, there.port, there.path),
    path,
  };
}

/** A migration of the pair's image. */
export function requestOf({ destination }: MovingPair, more: Partial<MigrationRequest> = {}): MigrationRequest {
  return { images: [DISK], destination: destination.agent.address, ...more };
}

/** `godwit proxy` between a client and a pair, or as many servers as there are, reached and reaching by one transport. */
export class FollowingProxy {
  readonly process: ForeignDaemon;
  readonly place: Place;
  readonly uri: string;

  private constructor(process: ForeignDaemon, place: Place) {
    this.process = process;
    this.place = place;
    this.uri = 'port' in place ? `nbd://127.0.0.1:${place.port}/${DISK}` : `nbd+unix:///${DISK}?socket=${place.path}`;
  }

  static async start(
    stage: Stage,
    owners: MovingPair | readonly NbdServer[],
    transport: Transport,
  ): Promise<FollowingProxy> {
    const port = await freePort();
    const place = transport === 'TCP' ? { port } : { path: stage.path(`proxy-${port}.sock`) };
    const servers = 'source' in owners ? [owners.source, owners.destination] : owners;
    const to = servers.map((server) => addressOf(server.place(transport))).join(',');
    const args = [GODWIT, 'proxy', '--listen', addressOf(place), '--to', to];
    const process = new ForeignDaemon(stage, globalThis.process.execPath, args);
    await process.answering(place);
    return new FollowingProxy(process, place);
  }
}

interface BothPlaces {
  readonly port: number;
  readonly path: string;
}

async function nbdPlace(stage: Stage, role: string): Promise<BothPlaces> {
  return { port: await freePort(), path: stage.path(`${role}-nbd.sock`) };
}

function argumentsOf({ port, path }: BothPlaces): string[] {
  return ['--nbd', `127.0.0.1:${port}`, '--nbd-unix', path];
}

function addressOf(place: Place): string {
  return 'port' in place ? `127.0.0.1:${place.port}` : `unix:${place.path}`;
}
