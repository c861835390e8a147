import { mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arrival, createLogger, type Logger, type OwnerRecord, type OwnerRole } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { BlockMap, LiveImage } from '@godwit/image';
import type { VmManifest } from '@godwit/qemu';
import { onTestFinished } from 'vitest';
import { STATE_IMAGE_BYTES, writeState } from '../deviceState.js';
import { imageNamesOf, movingImages } from '../names.js';
import { formatTravel } from '../travelDocument.js';
import { type OpenImages, VmImages } from '../vmImages.js';
import { type VmRecord, VmRecords } from '../vmRecord.js';
import { VmService } from '../vmService.js';
import { FakeQemu } from './fakeGuest.js';

const IMAGE_BYTES = 1024 * 1024;

/** What a machine needs of its host, its images in a folder of their own, and no process. */
export class FakeHost {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'godwit-host-')));
  readonly records = new VmRecords(this.folder);
  readonly qemu = new FakeQemu();
  readonly logger: Logger = createLogger('silent');
  /** Images that its exports show. */
  readonly shown = new Set<string>();
  readonly #roles = new Map<string, OwnerRole>();
  readonly #open = new Map<string, LiveImage>();

  constructor() {
    onTestFinished(async () => {
      for (const image of this.#open.values()) await image.close();
      rmSync(this.folder, { recursive: true });
    });
  }

  /** What an earlier life of the agent left of a machine: its record, and images that have such a role. */
  async left(record: VmRecord, role: OwnerRole, state = 'its state'): Promise<void> {
    this.records.write(record);
    this.become(record.manifest, role);
    for (const name of movingImages(record.manifest, true)) this.#make(name);
    const image = this.#opened(imageNamesOf(record.manifest).state);
    await writeState(image, Buffer.from(state));
    await image.close();
  }

  /** Who owns the machine's images. */
  become(manifest: VmManifest, role: OwnerRole): void {
    for (const name of movingImages(manifest, true)) this.#roles.set(name, role);
  }

  /** What an offer has made of a machine, whole by now. */
  async made(manifest: VmManifest): Promise<void> {
    await this.left({ manifest, phase: 'arriving' }, 'incoming');
    this.records.remove(manifest.name);
    this.serve(manifest);
  }

  /** Its images are open, as they are when they are served. */
  serve(manifest: VmManifest): void {
    for (const name of movingImages(manifest, true)) this.#open.set(name, this.#opened(name));
  }

  /** What the user has of a machine before its first start. */
  disks(manifest: VmManifest): void {
    for (const name of imageNamesOf(manifest).disks.values()) this.#make(name);
  }

  /** The next life of the agent. */
  service(): VmService {
    const { records, folder, shown } = this;
    const service = new VmService({
      dir: folder,
      records,
      guests: this.qemu,
      images: new VmImages(this.#images(), { get: (name) => this.#ownerOf(name) }, folder),
      exports: {
        socketPath: join(folder, 'nbd.sock'),
        add: async ({ name }) => void shown.add(name),
        withdraw: async (name) => void shown.delete(name),
        close: async () => undefined,
      },
      plain: {
        survey: () => Promise.reject(new Error('no machine')),
        receive: () => {
          throw new Error('no machine');
        },
      },
      logger: this.logger,
      recovery: { startMs: 50, againMs: 1, longestMs: 5 },
    });
    onTestFinished(() => service.close());
    return service;
  }

  arrivalOf(manifest: VmManifest, migration = 'm1', running = true): Arrival {
    const names = movingImages(manifest, running);
    const document = formatTravel({ manifest, running, mapNics: {} });
    const noteReceived = (image: LiveImage) => BlockMap.create(image.maps.blocks);
    const images = () => names.flatMap((name) => this.#open.get(name) ?? []);
    const paths = names.map((name) => this.#pathOf(name));
    return { migration, workload: 'qemu', document, names, paths, images, noteReceived };
  }

  isOpen(name: string): boolean {
    return this.#open.has(name);
  }

  #images(): OpenImages {
    return {
      isOpen: (name) => this.#open.has(name),
      migrationOf: () => undefined,
      live: (name) => {
        const image = this.#open.get(name);
        if (image === undefined) throw new GodwitError('E_NOT_FOUND', { what: 'image', name });
        return image;
      },
      openOwn: async ({ name }) => this.#open.set(name, this.#opened(name)),
      close: async (name) => {
        await this.#open.get(name)?.close();
        this.#open.delete(name);
      },
    };
  }

  #make(name: string): void {
    writeFileSync(this.#pathOf(name), '');
    truncateSync(this.#pathOf(name), name.endsWith('-state') ? STATE_IMAGE_BYTES : IMAGE_BYTES);
  }

  #opened(name: string): LiveImage {
    return LiveImage.open({ name, path: this.#pathOf(name), kind: 'memory', blockBytes: 4096 });
  }

  #pathOf(name: string): string {
    return join(this.folder, `${name}.img`);
  }

  #ownerOf(name: string): OwnerRecord | undefined {
    const role = this.#roles.get(name);
    if (role === undefined) return undefined;
    const path = this.#pathOf(name);
    const where = { path, location: 'http://there/v1/images/x', peer: '', file: '', offeredBy: '' };
    return { name, role, epoch: 1, fence: 1, kind: 'memory', blockBytes: 4096, migration: 'm0', ...where };
  }
}
