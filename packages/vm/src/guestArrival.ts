import { setTimeout as wait } from 'node:timers/promises';
import type { Arrival, DestinationWorkload, Logger } from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import { ArrivingMemory } from './arrivingMemory.js';
import type { HeldGuest } from './machine.js';
import { imageNamesOf } from './names.js';
import { takeState } from './takeState.js';
import type { Travel } from './travelDocument.js';

const GO_ON_TRIES = 10;
const GO_ON_MS = 300;

export interface GuestArrivalParts {
  readonly travel: Travel;
  readonly arrival: Arrival;
  readonly logger: Logger;
  /** Records that it is on its way. @throws GodwitError when there is no place for it */
  readonly claim: () => void;
  /** Starts its QEMU, waiting for state, with its images exported to it alone. */
  readonly start: () => Promise<HeldGuest>;
  /** Ends it, and withdraws its images from it. Never rejects. */
  readonly end: (guest: HeldGuest | undefined) => Promise<void>;
  /** It is here. */
  readonly onHere: (guest: HeldGuest | undefined) => void;
  /** It does not come. */
  readonly onAbandoned: () => void;
}

/** A virtual machine on its way to this host: the engine's view of it. */
export class GuestArrival implements DestinationWorkload {
  readonly #parts: GuestArrivalParts;
  #guest: HeldGuest | undefined;
  #memory: ArrivingMemory | undefined;
  #isLoaded = false;

  constructor(parts: GuestArrivalParts) {
    this.#parts = parts;
  }

  async prepare(): Promise<void> {
    const { travel, claim, start, arrival } = this.#parts;
    claim();
    if (!travel.running) return;
    const guest = await start();
    this.#guest = guest;
    const image = this.#image('ram');
    this.#memory = new ArrivingMemory({
      image,
      received: arrival.noteReceived(image),
      store: (ranges) => guest.store(ranges),
      logger: this.#parts.logger,
    });
  }

  async load(): Promise<void> {
    const guest = this.#guest;
    if (guest === undefined) return;
    const started = performance.now();
    // Of what an operator forced to be owned the gates are open.
    for (const image of this.#images) if (image.maps.gate.isHidden) image.maps.gate.prepare();
    await this.#memory?.settle();
    const settled = performance.now();
    await takeState(guest, this.#image('state'));
    this.#isLoaded = true;
    const ended = performance.now();
    const [settleMs, loadMs] = [Math.round(settled - started), Math.round(ended - settled)];
    this.#parts.logger.info({ vm: this.#parts.travel.manifest.name, settleMs, loadMs }, 'guest stands ready');
  }

  /** Without the steps before: an earlier life of the agent took it in, it has never run, and an operator forced this side to own. */
  async run(): Promise<void> {
    const { travel, start, onHere } = this.#parts;
    if (travel.running) {
      this.#guest ??= await start();
      if (!this.#isLoaded) await this.load();
    }
    // Known before it runs: what cannot be let go on now can be stopped, started, and is tried again by the next start of the agent.
    onHere(this.#guest);
    if (this.#guest !== undefined) await goOn(this.#guest);
  }

  async abandon(): Promise<void> {
    const { end, onAbandoned, logger, travel } = this.#parts;
    const [guest, memory] = [this.#guest, this.#memory];
    this.#guest = undefined;
    this.#memory = undefined;
    this.#isLoaded = false;
    const ended = memory?.end();
    try {
      for (const image of this.#images) if (image.maps.gate.isHidden) image.maps.gate.seal();
      await end(guest);
      await ended;
      onAbandoned();
    } catch (thrown) {
      const reason = toGodwitError(thrown).message;
      logger.error({ vm: travel.manifest.name, reason }, 'what was made ready for a guest stays here');
    }
  }

  get #images(): readonly LiveImage[] {
    return this.#parts.arrival.images();
  }

  #image(kind: 'ram' | 'state'): LiveImage {
    const wanted = imageNamesOf(this.#parts.travel.manifest)[kind];
    const image = this.#images.find(({ name }) => name === wanted);
    if (image === undefined) throw new GodwitError('E_WORKLOAD', { problem: `no image ${wanted} was offered` });
    return image;
  }
}

/** A busy host may let a first answer be missed, and the guest stands still until it is told. @throws GodwitError the last one */
async function goOn(guest: HeldGuest): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await guest.cont();
      return;
    } catch (error) {
      if (tries === GO_ON_TRIES || !guest.isThere) throw error;
      await wait(GO_ON_MS);
    }
  }
}
