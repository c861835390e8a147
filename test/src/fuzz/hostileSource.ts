/** A source that says what it likes, when it likes, over as many connections as it likes. */
import { strict as assert } from 'node:assert';
import { isErrorCode } from '../../../packages/errors/dist/index.js';
import { Encoding, type FrameHeaders, type FrameName } from '../../../packages/protocol/dist/index.js';
import { forge } from '../../../packages/protocol/dist/testing/forge.js';
import { lz4Payload } from '../../../packages/protocol/dist/testing/samples.js';
import { hashHalves } from '../fakes/digests.js';
import { WireConnection } from '../fakes/wireConnection.js';

export const BLOCK_BYTES = 64 * 1024;
export const SIZE_BYTES = 4 * BLOCK_BYTES;
const EPOCH = 1;
/** A destination that has nothing to say is not waited for any longer. */
const ANSWER_MS = 3000;
const HEARTBEAT_MS = 1000;

export type Offer = FrameHeaders['Offer'];

export class HostileSource {
  readonly migrationId: string;
  readonly name: string;
  /** Prepared came on the control channel that is in use. */
  isPrepared = false;
  /** A Commit left that a destination may act on. */
  hasCommitted = false;
  isTaken = false;
  readonly #port: number;
  readonly #all: WireConnection[] = [];
  #control: WireConnection | undefined;
  #lane: WireConnection | undefined;
  #sessionKey = 'nonsense';
  #attempt = 0;
  #sequence = 0;

  constructor(port: number, name: string) {
    this.#port = port;
    this.name = name;
    this.migrationId = `m-${name}`;
  }

  get control(): WireConnection | undefined {
    return this.#control;
  }
  get lane(): WireConnection | undefined {
    return this.#lane;
  }

  async connect(hello: Partial<FrameHeaders['Hello']> = {}): Promise<void> {
    this.isPrepared = false;
    this.#control = await this.#dial('control', { migrationId: '', sessionKey: '', lane: 0, ...hello });
    await this.#answer(this.#control.next('HelloAck'));
  }

  async offer(changes: Partial<Offer> = {}): Promise<void> {
    const { control } = this;
    if (control === undefined) return;
    const image = { name: this.name, kind: 'disk', sizeBytes: SIZE_BYTES, blockBytes: BLOCK_BYTES } as const;
    const images = [{ ...image, allocatedBytes: SIZE_BYTES, epoch: EPOCH }];
    const how = { mode: 'live', verify: 'full', lanes: 2, sourceId: 'hostile', patienceMs: 0, seed: false } as const;
    const nothing = { workload: '', document: '' };
    this.#attempt += 1;
    this.send('Offer', {
      migrationId: this.migrationId,
      images,
      attempt: this.#attempt,
      ...how,
      ...nothing,
      ...changes,
    });
    const accept = await this.#answer(control.next('Accept'));
    if (accept !== undefined) this.#sessionKey = accept.sessionKey;
  }

  async openLane(hello: Partial<FrameHeaders['Hello']> = {}): Promise<void> {
    const { migrationId } = this;
    this.#sequence = 0;
    this.#lane = await this.#dial('lane', { migrationId, sessionKey: this.#sessionKey, lane: 0, ...hello });
    await this.#answer(this.#lane.next('HelloAck'));
  }

  /** On the control channel, whatever the phase; checks nothing. */
  send<N extends FrameName>(type: N, header: FrameHeaders[N]): void {
    this.#control?.socket.write(forge(type, header));
  }

  async prepare(): Promise<void> {
    this.send('Prepare', { verifiedBlocks: 4, verifiedBytes: SIZE_BYTES, mismatches: 0 });
    const prepared = this.#control === undefined ? undefined : await this.#answer(this.#control.next('Prepared'));
    this.isPrepared = prepared !== undefined;
  }

  async commit(epoch: number = EPOCH): Promise<void> {
    if (this.isPrepared && epoch === EPOCH) this.hasCommitted = true;
    this.send('Commit', { migrationId: this.migrationId, epochs: [epoch] });
    const taken = this.#control === undefined ? undefined : await this.#answer(this.#control.next('Taken'));
    if (taken !== undefined) this.isTaken = true;
  }

  /** On the lane: `skip` 1 is the next frame. */
  extent(offset: number, changes: Partial<FrameHeaders['Extent']> = {}, payload?: Buffer, skip = 1): void {
    const bytes = payload ?? Buffer.alloc(BLOCK_BYTES, 7);
    const seq = this.#next(skip);
    const header = { seq, round: 1, image: 0, offset, rawBytes: bytes.length, encoding: Encoding.raw };
    this.#lane?.socket.write(forge('Extent', { ...header, ...hashHalves(bytes), ...changes }, bytes));
  }

  /** An lz4 block that says it becomes `rawBytes`. */
  lie(rawBytes: number, prefix: number): void {
    this.extent(0, { encoding: Encoding.lz4, rawBytes }, lz4Payload(prefix, 1000));
  }

  zero(offset: number, length: number, changes: Partial<FrameHeaders['Zero']> = {}): void {
    this.#lane?.socket.write(forge('Zero', { seq: this.#next(1), round: 1, image: 0, offset, length, ...changes }));
  }

  check(offset: number, length: number, digests: number): void {
    const payload = Buffer.alloc(digests * 8, 1);
    this.#lane?.socket.write(forge('Check', { seq: this.#next(1), image: 0, offset, length }, payload));
  }

  raw(to: 'control' | 'lane', bytes: Uint8Array): void {
    (to === 'lane' ? this.#lane : this.#control)?.socket.write(bytes);
  }

  hangUp(what: 'control' | 'lane'): void {
    (what === 'lane' ? this.#lane : this.#control)?.socket.resetAndDestroy();
  }

  /** What the destination says became of it, asked by a good source. */
  async outcome(): Promise<string> {
    const asking = new HostileSource(this.#port, this.name);
    await asking.connect();
    asking.send('Resolve', { migrationId: this.migrationId, names: [this.name], epochs: [EPOCH] });
    const answer = asking.control === undefined ? undefined : await this.#answer(asking.control.next('Outcome'));
    asking.close();
    return answer?.state ?? 'no answer';
  }

  /** Codes of all failures that came; each is of the table, and none is a surprise. */
  refusals(): string[] {
    const codes = this.#all.flatMap(({ received }) =>
      received.flatMap((frame) => (frame.type === 'Failure' ? [frame.header.code] : [])),
    );
    for (const code of codes) assert(isErrorCode(code) && code !== 'E_INTERNAL', code);
    return codes;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #next(skip: number): number {
    this.#sequence += skip;
    return this.#sequence;
  }

  async #dial(role: 'control' | 'lane', hello: Pick<FrameHeaders['Hello'], 'migrationId' | 'sessionKey' | 'lane'>) {
    const connection = await WireConnection.dial(this.#port, role, 2);
    this.#all.push(connection);
    connection.send('Hello', { agentVersion: 'hostile', token: '', heartbeatMs: HEARTBEAT_MS, ...hello });
    return connection;
  }

  /** Undefined when it does not come: the connection ended, or a failure came in its place. */
  async #answer<T>(coming: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ANSWER_MS);
    });
    const answer = await Promise.race([coming.catch(() => undefined), late]);
    clearTimeout(timer);
    return answer;
  }
}
