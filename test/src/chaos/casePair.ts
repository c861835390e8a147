import { expect } from 'vitest';
import { expectMovedWhole, expectSourceOwns } from '../harness/expectations.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import type { MigrationView } from '../harness/migrationView.js';
import { untilEnded } from '../harness/moving.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import { Stage } from '../harness/stage.js';
import type { ProxyOptions, TcpProxy } from '../harness/tcpProxy.js';

const PATIENCE_MS = 60_000;

/** A source with an image for each case, and one destination: cases that need no more than a wire of their own run side by side. */
export class CasePair {
  readonly stage: Stage;
  readonly source: RunningDaemon;
  readonly destination: RunningDaemon;

  private constructor(stage: Stage, source: RunningDaemon, destination: RunningDaemon) {
    this.stage = stage;
    this.source = source;
    this.destination = destination;
  }

  static async make(names: readonly string[], sizeBytes: number): Promise<CasePair> {
    const stage = new Stage();
    try {
      const images = Object.fromEntries(names.map((name) => [name, stage.path(`${name}.raw`)]));
      for (const [index, path] of Object.values(images).entries()) makeMixedImage(path, sizeBytes, index + 1);
      const [source, destination] = await Promise.all([stage.source({ images }), stage.destination()]);
      return new CasePair(stage, source, destination);
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** Moves an image over a wire of these options; whatever the end is, one side owns, and has all of it. */
  async move(
    name: string,
    wire: Omit<ProxyOptions, 'targetPort'>,
    begun?: (proxy: TcpProxy) => void,
  ): Promise<MigrationView> {
    const { stage, source, destination } = this;
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0, ...wire });
    begun?.(proxy);
    const more = { patienceMs: PATIENCE_MS, lanes: 2, downtimeLimitMs: 5000 };
    const id = await source.api.startMigration({ images: [name], destination: proxy.address, ...more });
    const view = await untilEnded(source.api, id);
    if (view.state === 'completed') await expectMovedWhole(source, destination, stage.path(`${name}.raw`), name);
    else {
      expect(view.error?.code).toMatch(/^E_/);
      await expectSourceOwns(source, name);
      const there = (await destination.api.images()).find((image) => image.name === name);
      expect(there?.owner.role).not.toBe('owner');
    }
    return view;
  }

  close(): Promise<void> {
    return this.stage.close();
  }
}
