import type { GodwitError } from '@godwit/errors';
import type { FrameHeaders, FrameName } from '@godwit/protocol';

/**
 * The connection of a lane, as its sender and its receiver use it. FrameSocket is one that lives in the event
 * loop; PolledSocket one that its thread drives by itself.
 */
export interface LaneSocket {
  /** Wire bytes handed over so far. */
  readonly sentBytes: number;
  readonly isOver: boolean;
  /**
   * Sends one frame; `payload` must stay untouched until `onFlushed`. False when not all of it could leave: wait
   * for `drained` before sending bulk.
   */
  send<N extends FrameName>(type: N, header: FrameHeaders[N], payload?: Uint8Array, onFlushed?: () => void): boolean;
  /** Resolves when more can be sent. Once the connection is over: at once where events drive it, else never. */
  drained(): Promise<void>;
  /**
   * Waits until frames may have come in and handles them; never resolves once the connection is over. Missing where
   * they come in by themselves.
   */
  progress?(): Promise<void>;
  /** Between two pieces of work: handles what came in, and lets the thread's messages and timers run. */
  breathe(): Promise<void>;
  /** Tells the peer why, then ends the connection. */
  fail(error: GodwitError): void;
  /** Ends at once. */
  destroy(): void;
}
