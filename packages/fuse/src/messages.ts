/** What the thread that reads requests is started with. */
export interface LoopStart {
  /** Of /dev/fuse, mounted. */
  readonly fd: number;
  readonly imagePath: string;
  readonly size: number;
  /** Slots.buffer */
  readonly slots: SharedArrayBuffer;
}

/** From that thread to the one that serves; a write's bytes are in its slot, which is to be released. */
export type FromLoop =
  | {
      readonly type: 'write';
      readonly unique: bigint;
      readonly slot: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly type: 'flush'; readonly unique: bigint }
  | { readonly type: 'trouble'; readonly problem: string }
  | { readonly type: 'ended' };
