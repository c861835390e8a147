import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestOrigin } from '@godwit/nbd';
import { FollowingBytes } from '../following/followingBytes.js';
import type { FollowedExport, FollowingParts } from '../following/parts.js';
import { Owners } from '../owners/owners.js';
import { FakeOwner } from './fakeOwner.js';
import { ManualTime } from './manualTime.js';

export const SIZE = 1024 * 1024;
export const PATIENCE_MS = 60_000;
/** A plain write's flags. */
export const PLAIN = { fua: false, noHole: false, fastZero: false };
const VM0: FollowedExport = { name: 'vm0', size: SIZE, contexts: ['base:allocation'] };

/** A client of the proxy, as its connection shows it. */
class FakeClient implements RequestOrigin {
  left = false;
  hasLeft(): boolean {
    return this.left;
  }
}

/** Two owners of vm0, and what follows between them. */
export class Stage {
  readonly time = new ManualTime();
  /** Messages at info and above. */
  readonly said: string[] = [];
  readonly client = new FakeClient();
  readonly a: FakeOwner;
  readonly b: FakeOwner;
  readonly parts: FollowingParts;
  readonly #folder: string;
  readonly #following: FollowingBytes[] = [];

  private constructor(folder: string, a: FakeOwner, b: FakeOwner) {
    this.#folder = folder;
    this.a = a;
    this.b = b;
    const say = (_: object, message: string) => void this.said.push(message);
    const log = { debug: () => undefined, info: say, warn: say, error: say };
    const owners = new Owners([a.address, b.address], log);
    this.parts = { owners, time: this.time, log, patienceMs: PATIENCE_MS, reach: () => ({ timeoutMs: 2_000 }) };
  }

  /** Both owners listen; A serves vm0, B does not have it. */
  static async open(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'godwit-proxy-'));
    const a = await FakeOwner.listen(join(folder, 'a'), SIZE);
    const b = await FakeOwner.listen(join(folder, 'b'), SIZE);
    b.attitude = 'absent';
    return new Stage(folder, a, b);
  }

  /** The upstream side of a client connection. */
  follow(): FollowingBytes {
    return this.#follow(this.parts);
  }

  /** The same, among other servers. */
  followAmong(servers: readonly FakeOwner[]): FollowingBytes {
    const addresses = servers.map(({ address }) => address);
    return this.#follow({ ...this.parts, owners: new Owners(addresses, this.parts.log) });
  }

  #follow(parts: FollowingParts): FollowingBytes {
    const bytes = new FollowingBytes(VM0, parts);
    this.#following.push(bytes);
    return bytes;
  }

  /** From now on B serves vm0 and A says that it has moved. */
  move(): void {
    this.a.attitude = 'moved';
    this.b.attitude = 'serves';
  }

  /** Lets time go by each time that somebody waits `ms` for the next round. */
  async passRound(ms: number): Promise<void> {
    await this.time.untilPending(ms);
    this.time.advance(ms);
  }

  async close(): Promise<void> {
    for (const bytes of this.#following) bytes.close();
    await Promise.all([this.a.close(), this.b.close()]);
    rmSync(this.#folder, { recursive: true });
  }
}

/** What a write of one byte value writes. */
export function filled(value: number, length = 512): Uint8Array {
  return new Uint8Array(length).fill(value);
}
