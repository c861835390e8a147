import type { ByteStore, ImageSpec, ImageStore, ImageView } from '@godwit/agent';
import type { DestinationImages } from '@godwit/dest-agent';
import type { SourceImages } from '@godwit/source-agent';

type OpenImages = Pick<SourceImages, 'isOpen' | 'list' | 'view' | 'bytes' | 'open' | 'close'>;
type RecordedImages = Pick<DestinationImages, 'list' | 'view' | 'bytes'>;

/**
 * The images of an agent with both roles. What is open is the sending side's, whether it was opened or arrived, and the one that
 * left until it comes back; of the rest, on its way in or gone, the records tell.
 */
export class HostImages implements ImageStore {
  readonly #open: OpenImages;
  readonly #recorded: RecordedImages;
  readonly #assertFree: (name: string) => void;

  /** `assertFree` throws for an image that a machine runs on. */
  constructor(open: OpenImages, recorded: RecordedImages, assertFree: (name: string) => void = () => undefined) {
    this.#assertFree = assertFree;
    this.#open = open;
    this.#recorded = recorded;
  }

  list(): ImageView[] {
    return [...this.#open.list(), ...this.#recorded.list().filter(({ name }) => !this.#open.isOpen(name))];
  }

  view(name: string): ImageView {
    return this.#of(name).view(name);
  }

  bytes(name: string): ByteStore {
    return this.#of(name).bytes(name);
  }

  open(spec: ImageSpec): Promise<ImageView> {
    return this.#open.open(spec);
  }

  async close(name: string): Promise<void> {
    this.#assertFree(name);
    await this.#open.close(name);
  }

  #of(name: string): OpenImages | RecordedImages {
    return this.#open.isOpen(name) ? this.#open : this.#recorded;
  }
}
