/**
 * What the HTTP API needs of an agent's images. Both agents implement `ImageStore`; the routes in
 * http/imageRoutes.ts are its only caller.
 */
import { type Static, Type } from '@godwit/schema';

/** What the bytes are; it decides the default block size (64 KiB for disks, 4 KiB for memory). */
export const ImageKindSchema = Type.Enum(['disk', 'memory']);
export type ImageKind = Static<typeof ImageKindSchema>;

/** An image as the user names it, before it is opened. */
export interface ImageSpec {
  name: string;
  path: string;
  kind: ImageKind;
  /** Tracking granule: a power of two from 4 KiB to 1 MiB; by kind when absent. */
  blockBytes?: number;
}

export const ImageViewSchema = Type.Object(
  {
    name: Type.String(),
    path: Type.String(),
    size: Type.Number({ description: 'bytes' }),
    kind: ImageKindSchema,
    blockSize: Type.Number({ description: 'bytes of one tracked block' }),
    allocatedBytes: Type.Number({ description: 'bytes on disk; holes take none' }),
    owner: Type.Object({ role: Type.String(), epoch: Type.Number() }),
    dirtyBlocks: Type.Number(),
    migration: Type.Optional(Type.String({ description: 'id of the migration it is part of' })),
    nbd: Type.Optional(Type.Array(Type.String(), { description: 'NBD URIs of its export, while it is served here' })),
    location: Type.Optional(Type.String({ description: 'where it lives now, once it has moved' })),
  },
  { title: 'Image' },
);
/** An image as the API shows it. */
export type ImageView = Static<typeof ImageViewSchema>;

/**
 * The bytes of one open image. Every call throws GodwitError: E_RANGE outside the image, E_MOVED after
 * takeover, E_COLD while it is moved cold, E_IO from the system. Writes wait while the gate is closed;
 * reads wait while nobody knows who owns the image.
 */
export interface ByteStore {
  readonly size: number;
  read(offset: number, length: number): Promise<Buffer>;
  /** Settles once written and marked; `data` belongs to the store until then. */
  write(offset: number, data: Uint8Array): Promise<void>;
  writeZeroes(offset: number, length: number): Promise<void>;
  discard(offset: number, length: number): Promise<void>;
  flush(): Promise<void>;
  /** For a writer that changed the file itself: the range counts as written once this settles. Waits as writes do. */
  markDirty(offset: number, length: number): Promise<void>;
}

/** The images of an agent. `open` and `close` are absent where the API does not offer them (destination). */
export interface ImageStore {
  list(): ImageView[];
  /** @throws GodwitError E_NOT_FOUND */
  view(name: string): ImageView;
  /** @throws GodwitError E_NOT_FOUND, E_NOT_OWNER, E_MOVED */
  bytes(name: string): ByteStore;
  open?(spec: ImageSpec): Promise<ImageView>;
  close?(name: string): Promise<void>;
}
