import type { BlockMap, LiveImage } from '@godwit/image';

/**
 * A workload on its way here, as the engine at the destination knows it. Calls come in this order, and `abandon` may come in
 * place of any but the first: prepare (images are made, and empty or old), load (they are whole), run (they are owned).
 */
export interface DestinationWorkload {
  /** Makes ready whatever can be before the first byte; E_... here costs nothing but the attempt. Nothing may read the images yet. */
  prepare(): Promise<void>;
  /** Takes its state in, and stands still. The images' gates let in who may see what is prepared (WriteGate.prepare). */
  load(): Promise<void>;
  /** The images are owned and served here: it goes on. */
  run(): Promise<void>;
  /** It does not come, or not now: nothing of it is left here. Never rejects. */
  abandon(): Promise<void>;
}

/** What is known of a workload that is offered. */
export interface Arrival {
  readonly migration: string;
  /** Name of its driver; empty where none travels, or where an earlier life took the offer. */
  readonly workload: string;
  readonly document: string;
  readonly names: readonly string[];
  readonly paths: readonly string[];
  /** In the order of `names`; open from `prepare` on. */
  readonly images: () => readonly LiveImage[];
  /** In `prepare`, for an image: the blocks that are written to it from then on, each marked when it is written. Whoever takes a mark reads the block after. */
  readonly noteReceived: (image: LiveImage) => BlockMap;
}

/** The workloads that an agent can take in. */
export interface IncomingWorkloads {
  /**
   * What stands against its coming here, in the words of its driver.
   *
   * @throws GodwitError E_WORKLOAD for a driver that is not here
   */
  survey(workload: string, document: string): Promise<string>;
  /** @throws GodwitError E_WORKLOAD for a driver that is not here */
  receive(arrival: Arrival): DestinationWorkload;
}
