import type { RunningDaemon } from './runningDaemon.js';
import type { DestinationOptions, SourceOptions, Stage } from './stage.js';

/** The name of the image in tests that have one. */
export const DISK = 'disk';

export interface PairOptions {
  /** Behind the image's path, e.g. `,block=4K`. */
  readonly imageOptions?: string;
  readonly source?: Omit<SourceOptions, 'images'>;
  readonly destination?: DestinationOptions;
}

/** A source with one image, and a destination for it. */
export interface Pair {
  readonly source: RunningDaemon;
  readonly destination: RunningDaemon;
  readonly path: string;
}

/** Both agents, ready; `make` writes the image file first. */
export async function pairOf(stage: Stage, make: (path: string) => void, options: PairOptions = {}): Promise<Pair> {
  const path = stage.path('disk.raw');
  make(path);
  const images = { [DISK]: path + (options.imageOptions ?? '') };
  const [source, destination] = await Promise.all([
    stage.source({ images, ...options.source }),
    stage.destination(options.destination),
  ]);
  return { source, destination, path };
}
