import { closeSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageSpec, OwnershipStore } from '@godwit/agent';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import type { VmManifest } from '@godwit/qemu';
import { STATE_IMAGE_BYTES } from './deviceState.js';
import { imageNamesOf, movingImages } from './names.js';

/** Of an agent that sends images on, what machines need. */
export interface OpenImages {
  isOpen(name: string): boolean;
  /** The running migration of an image, if any. */
  migrationOf(name: string): string | undefined;
  /** @throws GodwitError E_NOT_FOUND */
  live(name: string): LiveImage;
  openOwn(spec: ImageSpec): Promise<unknown>;
  /** @throws GodwitError E_BUSY_IMAGE */
  close(name: string): Promise<void>;
}

/** The images of machines: disks are the user's, memory and device state are made for each start and removed at each end. */
export class VmImages {
  readonly #open: OpenImages;
  readonly #ownership: Pick<OwnershipStore, 'get'>;
  readonly #dir: string;

  constructor(open: OpenImages, ownership: Pick<OwnershipStore, 'get'>, dir: string) {
    this.#open = open;
    this.#ownership = ownership;
    this.#dir = dir;
  }

  isOpen(name: string): boolean {
    return this.#open.isOpen(name);
  }
  live(name: string): LiveImage {
    return this.#open.live(name);
  }
  allLive(names: readonly string[]): LiveImage[] {
    return names.map((name) => this.live(name));
  }
  /** @throws GodwitError E_BUSY_IMAGE for a machine that is on the move */
  assertAtRest(manifest: VmManifest): void {
    for (const name of movingImages(manifest, true)) {
      const id = this.#open.migrationOf(name);
      if (id !== undefined) throw new GodwitError('E_BUSY_IMAGE', { name, id });
    }
  }
  /** True when the records say that all of them are this agent's. */
  areOwned(names: readonly string[]): boolean {
    return names.every((name) => this.#ownership.get(name)?.role === 'owner');
  }
  /** Some of them are here, or may yet come. */
  areExpected(names: readonly string[]): boolean {
    const roles = names.map((name) => this.#ownership.get(name)?.role);
    return roles.some((role) => role === 'incoming' || role === 'prepared' || role === 'owner');
  }
  areSealed(names: readonly string[]): boolean {
    return names.some((name) => this.#ownership.get(name)?.role === 'sealed');
  }
  haveLeft(names: readonly string[]): boolean {
    return names.some((name) => this.#ownership.get(name)?.role === 'released');
  }

  /** Where they went; empty where that is not known. */
  locationOf(names: readonly string[]): string {
    return names.map((name) => this.#ownership.get(name)?.location ?? '').find((location) => location !== '') ?? '';
  }

  /** What earlier lives of the agent had open, by their records. @throws GodwitError what is wrong with a file */
  async reopen(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const record = this.#ownership.get(name);
      if (record === undefined || this.#open.isOpen(name)) continue;
      const { path, kind, blockBytes } = record;
      await this.#open.openOwn({ name, path, kind, blockBytes });
    }
  }

  /** For a start from nothing. @throws GodwitError what is wrong with a disk, or E_EXISTS; then those stay open that were. */
  async openForStart(manifest: VmManifest): Promise<void> {
    const opened: string[] = [];
    const made: string[] = [];
    try {
      for (const spec of this.#disks(manifest)) {
        if (this.#open.isOpen(spec.name)) continue;
        await this.#open.openOwn(spec);
        opened.push(spec.name);
      }
      for (const { spec, bytes } of this.#made(manifest)) {
        this.#make(spec, bytes);
        made.push(spec.path);
        await this.#open.openOwn(spec);
        opened.push(spec.name);
      }
    } catch (error) {
      for (const name of opened) await this.#open.close(name);
      for (const path of made) rmSync(path, { force: true });
      throw error;
    }
  }

  /** Memory and device state of a machine that is off, or is elsewhere, are of no use. */
  async dropMade(manifest: VmManifest): Promise<void> {
    const { ram, state } = imageNamesOf(manifest);
    for (const name of [ram, state]) {
      if (!this.#open.isOpen(name)) continue;
      const { path } = this.#open.live(name).file;
      await this.#open.close(name);
      rmSync(path, { force: true });
    }
  }

  /** The machine is forgotten here; its disks' files stay. */
  async closeDisks(manifest: VmManifest): Promise<void> {
    for (const name of imageNamesOf(manifest).disks.values()) if (this.#open.isOpen(name)) await this.#open.close(name);
  }

  /** The manifest of a machine that arrived: its disks and its memory are where images arrive. */
  arrived(manifest: VmManifest): VmManifest {
    const names = imageNamesOf(manifest);
    const disks = manifest.disks.map((disk) => {
      const image = names.disks.get(disk.name);
      return image === undefined ? disk : { ...disk, path: join(this.#dir, `${image}.img`) };
    });
    return { ...manifest, disks, memory: { ...manifest.memory, path: join(this.#dir, `${names.ram}.img`) } };
  }

  #disks(manifest: VmManifest): ImageSpec[] {
    const { disks } = imageNamesOf(manifest);
    return manifest.disks.flatMap(({ name, path }) => {
      const image = disks.get(name);
      return image === undefined ? [] : [{ name: image, path, kind: 'disk' as const }];
    });
  }

  /** The file of its memory, where that is made here or arrives here. */
  ramPathOf(manifest: VmManifest): string {
    return manifest.memory.path ?? join(this.#dir, `${imageNamesOf(manifest).ram}.img`);
  }

  #made(manifest: VmManifest): { spec: ImageSpec; bytes: number }[] {
    const { ram, state } = imageNamesOf(manifest);
    const ramPath = this.ramPathOf(manifest);
    return [
      { spec: { name: ram, path: ramPath, kind: 'memory' }, bytes: manifest.memory.bytes },
      { spec: { name: state, path: join(this.#dir, `${state}.img`), kind: 'memory' }, bytes: STATE_IMAGE_BYTES },
    ];
  }

  /** An empty sparse file; in the place of one that this agent made for an earlier start, and of no other. */
  #make({ name, path }: ImageSpec, bytes: number): void {
    if (this.#ownership.get(name)?.path === path) rmSync(path, { force: true });
    try {
      const fd = openSync(path, 'wx', 0o600);
      try {
        ftruncateSync(fd, bytes);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') throw new GodwitError('E_EXISTS', { path });
      throw new GodwitError('E_NOT_WRITABLE', { path, problem: problemOf(error) }, { cause: error });
    }
  }
}
