import type { DestinationWorkload } from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import type { LiveImage } from '@godwit/image';
import type { FrameHeaders } from '@godwit/protocol';
import type { ControlChannel } from '@godwit/transport';
import { imagePath } from './admission.js';
import type { Copies } from './copies.js';
import type { IncomingParts } from './incomingParts.js';
import type { IncomingView } from './incomingView.js';

type Offer = FrameHeaders['Offer'];

/** The workload of one incoming migration, over as many offers as it takes: what was loaded for one is of no use to the next. */
export class Arriving {
  readonly #parts: IncomingParts;
  readonly #copies: Copies;
  readonly #view: IncomingView;
  #workload: DestinationWorkload | undefined;
  #isAbandoned = false;
  #served: readonly LiveImage[] | undefined;
  /** Preparing, loading or leaving, one after the other; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  /** What running it came to; undefined: it has not been run. Never rejects. */
  #ran: Promise<GodwitError | undefined> | undefined;

  constructor(parts: IncomingParts, copies: Copies, view: IncomingView) {
    this.#parts = parts;
    this.#copies = copies;
    this.#view = view;
  }

  /** Before the first byte of an offer. What it throws leaves nothing of the workload here. */
  prepare(offer: Offer): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isAbandoned) throw new GodwitError('E_ABORTED', { reason: 'it was given up meanwhile' });
      // What was made ready for an offer before this one has its images open, and may have read them.
      if (this.#workload !== undefined) await this.#leave();
      const workload = this.#of(offer);
      try {
        await workload.prepare();
        faultPoint('dest.workload.prepared');
      } catch (error) {
        await this.#leave();
        throw error;
      }
    });
  }

  /** Every byte is here. */
  load(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isAbandoned) throw new GodwitError('E_ABORTED', { reason: 'it was given up meanwhile' });
      await this.#workload?.load();
      faultPoint('dest.workload.loaded');
    });
  }

  /** Owned and served: it goes on here. How that went is for `report`; the images stay here in any case. */
  run(offer: Offer, images: readonly LiveImage[]): void {
    const workload = this.#of(offer, images);
    this.#ran = this.#inTurn(async () => {
      faultPoint('dest.workload.run');
      await workload.run();
    }).then(() => undefined, toGodwitError);
  }

  /** Tells the source, and who asks, how running it went. */
  async report(channel: ControlChannel | undefined): Promise<void> {
    const error = await this.#ran;
    if (error !== undefined) {
      this.#parts.logger.error(
        { migration: this.#view.view().id, reason: error.message, detail: error.detail },
        'hook failed; the image stays here',
      );
      this.#view.fault(error);
    }
    channel?.send('HookResult', { hook: 'on-takeover', error: error?.message ?? '' });
  }

  /** It does not come, in this life of the agent. Nothing of it is left when this resolves. */
  abandon(): Promise<void> {
    this.#isAbandoned = true;
    return this.#inTurn(() => this.#leave());
  }

  async #leave(): Promise<void> {
    const workload = this.#workload;
    this.#workload = undefined;
    await workload?.abandon();
  }

  /** `images`: once they are served, and not this migration's any more. */
  #of(offer: Offer, images?: readonly LiveImage[]): DestinationWorkload {
    const { dir, workloads } = this.#parts;
    this.#served = images;
    const names = offer.images.map(({ name }) => name);
    this.#workload ??= workloads.receive({
      migration: offer.migrationId,
      workload: offer.workload,
      document: offer.document,
      names,
      paths: names.map((name) => imagePath(dir, name)),
      images: () => this.#served ?? this.#copies.live(offer),
      noteReceived: (image) => this.#copies.noteReceived(image),
    });
    return this.#workload;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
