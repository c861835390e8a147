import { availableParallelism } from 'node:os';
import type { MigrationRequest } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import type { LiveImage } from '@godwit/image';
import { type FrameHeaders, type HeldCopy, LIMITS } from '@godwit/protocol';
import { type ControlChannel, type Dialled, dialControl, type PeerTls, RateLimiter } from '@godwit/transport';
import type { LaneTotals } from '../lanes/laneCounters.js';
import { LaneGrowth } from '../lanes/laneGrowth.js';
import { DEFAULT_LANES, LanePool } from '../lanes/lanePool.js';
import { ColdStretches } from '../rounds/coldStretches.js';
import { guarded } from './guard.js';

/** Lanes at most when the user names no number, as long as each more makes it faster: LaneGrowth. */
const GROWN_LANES = Math.min(8, Math.max(4, 2 * availableParallelism()));

/** What a source needs to reach a destination. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly agentVersion: string;
  readonly peerTimeoutMs: number;
  /** Given: it is talked to within TLS, and in no other way. Asked for each connection, for certificates are renewed. */
  readonly tls?: (() => PeerTls) | undefined;
}

/** Dials as the peer is to be dialled. As dialControl. */
export function dialPeer({ tls, ...peer }: Peer, signal: AbortSignal): Promise<Dialled> {
  return dialControl({ ...peer, tls: tls?.(), signal });
}

/** An accepted migration: the control channel and the open lanes. */
export interface Link {
  readonly channel: ControlChannel;
  readonly pool: LanePool;
  /** Of each image, known to the lanes; for the migration to find out. */
  readonly cold: readonly ColdStretches[];
  /** Undefined where a number was asked for. */
  readonly growth: LaneGrowth | undefined;
  /** URL that an image's name is appended to. */
  readonly imagesUrl: string;
  /** Version of the protocol that the channel speaks. */
  readonly version: number;
  /** What the destination has of each image; undefined where it does not resume. */
  readonly copies: readonly HeldCopy[] | undefined;
}

export interface Offered {
  readonly id: string;
  readonly request: MigrationRequest;
  readonly images: readonly { readonly live: LiveImage; readonly epoch: number }[];
  /** Tells this source from others whose images bear the same names. */
  readonly sourceId: string;
  /** 1, and more after a lost link. */
  readonly attempt: number;
  /** As in the Offer; nothing travels unless given. */
  readonly workload?: string;
  readonly document?: string;
}

/**
 * Dials, offers, and opens the lanes once the destination has accepted. Whatever the destination finds
 * wrong (room, names, files, epochs) comes as its error before a byte of an image is sent.
 *
 * @param before what lanes of earlier links counted
 */
export async function openLink(peer: Peer, offered: Offered, before: LaneTotals, signal: AbortSignal): Promise<Link> {
  const { channel, ack, secured } = await dialPeer(peer, signal);
  faultPoint('source.link.dialled');
  // Whatever ends the channel or the migration ends the setting up.
  const setup = new AbortController();
  const end = (reason: unknown) => setup.abort(reason);
  const abort = () => end(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  channel.closed.then(end, end);
  try {
    signal.throwIfAborted();
    channel.send('Offer', offer(offered));
    faultPoint('source.link.offered');
    const accept = await guarded(setup.signal, channel.waitFor('Accept'));
    faultPoint('source.link.accepted');
    assertTakesWorkload(accept, offered);
    const lanes = Math.min(accept.lanes, offered.request.lanes ?? DEFAULT_LANES);
    const { bandwidthLimit: limit, scrubLimit, encoding } = offered.request;
    const cold = offered.images.map(({ live }) => ColdStretches.of(live.size));
    const { tls: _, ...address } = peer;
    const start = {
      ...address,
      ...(secured === undefined ? {} : { secured }),
      version: ack.version,
      migrationId: offered.id,
      sessionKey: accept.sessionKey,
      images: offered.images.map(({ live }) => live.handle()),
      cold: cold.map(({ buffer }) => buffer),
      ...(encoding === undefined ? {} : { encoding }),
      ...(limit === undefined ? {} : { limiter: RateLimiter.create(limit).handle }),
      ...(scrubLimit === undefined ? {} : { scrubLimiter: RateLimiter.create(scrubLimit).handle }),
    };
    const pool = await LanePool.open(Math.max(1, lanes), start, setup.signal, LIMITS.helloTimeoutMs, before);
    faultPoint('source.link.lanes-open');
    const growth = offered.request.lanes === undefined ? new LaneGrowth(pool.size, accept.lanes) : undefined;
    const copies = accept.copies.length === offered.images.length ? accept.copies : undefined;
    return { channel, pool, cold, growth, imagesUrl: imagesUrl(peer.host, accept), version: ack.version, copies };
  } catch (error) {
    channel.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** One that does not know of workloads would own the images, and run nothing on them. */
function assertTakesWorkload(accept: FrameHeaders['Accept'], { workload = '' }: Offered): void {
  if (accept.workload === workload) return;
  throw new GodwitError('E_WORKLOAD', { problem: `the destination takes in images alone, no "${workload}"` });
}

function offer(offered: Offered): FrameHeaders['Offer'] {
  const { id, request, images, sourceId, attempt, workload = '', document = '' } = offered;
  return {
    migrationId: id,
    sourceId,
    attempt,
    patienceMs: request.patienceMs,
    seed: request.seed,
    workload,
    document,
    mode: request.mode,
    verify: request.verify,
    lanes: Math.min(LIMITS.lanes, request.lanes ?? GROWN_LANES),
    images: images.map(({ live, epoch }) => ({
      name: live.name,
      kind: live.kind,
      sizeBytes: live.size,
      blockBytes: live.blockBytes,
      allocatedBytes: live.file.allocatedBytes(),
      epoch,
    })),
  };
}

/** Where images will be served; a destination that names no host is reached where it was dialled. E_PROTOCOL for what is no address. */
export function imagesUrl(dialled: string, api: { apiHost: string; apiPort: number; apiScheme: string }): string {
  const host = api.apiHost === '' ? dialled : api.apiHost;
  // It goes into a header that writers are answered with.
  const isSound = /^[A-Za-z0-9.:_%-]+$/.test(host) && /^https?$/.test(api.apiScheme) && api.apiPort > 0;
  if (!isSound) {
    const shown = JSON.stringify([api.apiScheme, api.apiHost, api.apiPort]);
    throw new GodwitError('E_PROTOCOL', { problem: `${shown} is no address of an API` });
  }
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return `${api.apiScheme}://${bracketed}:${api.apiPort}/v1/images/`;
}
