import { mkdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { expectOwnedBy } from '../harness/expectations.js';
import { run, runWell } from '../harness/foreignCommand.js';
import { fuseFile } from '../harness/fuseFile.js';
import { makeEmptyImage, makeMixedImage } from '../harness/imageFiles.js';
import { untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireFuse, requireTool } from '../harness/tools.js';
import { FollowingProxy, movingPair, requestOf } from './movingPair.js';
import { TRANSPORTS } from './nbdServer.js';

const KIBIBYTE = 1024;
const SIZE_BYTES = 64 * 1024 * KIBIBYTE;
/** Files that are there before the move, written while it copies, and written after the switch was told to come. */
const FILES = { before: 6, during: 6, after: 8 };

function stageWithTools(context: TestContext): Stage {
  for (const tool of ['nbdfuse', 'mkfs.ext4', 'debugfs', 'e2fsck']) requireTool(context, tool);
  requireFuse(context);
  return stageForTest();
}

/** A folder of files from nothing to 800 KiB, made from the seed. */
class Files {
  readonly folder: string;
  readonly names: string[] = [];

  constructor(stage: Stage, seed: number) {
    this.folder = stage.path('files');
    mkdirSync(this.folder);
    for (let index = 0; index < FILES.before + FILES.during + FILES.after; index++) {
      const name = `file-${index}`;
      makeMixedImage(`${this.folder}/${name}`, 99 * KIBIBYTE * (index % 9) + index, seed + index);
      this.names.push(name);
    }
  }

  /** The next so many: into the file system on `device`, by debugfs, which needs no mount. */
  async writeTo(device: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const { code, stderr } = await run('debugfs', ['-w', '-R', `write ${this.folder}/${name} ${name}`, device]);
      // debugfs ends with 0 whatever happened: beyond its version it has to have said nothing.
      expect({ code, problems: stderr.replace(/^debugfs \S+ \(.*\)\n/, '') }).toEqual({ code: 0, problems: '' });
    }
  }

  async expectIn(image: string, dump: string): Promise<void> {
    mkdirSync(dump);
    await runWell('debugfs', ['-R', `rdump / ${dump}`, image]);
    for (const name of this.names) {
      const equal = readFileSync(`${dump}/${name}`).equals(readFileSync(`${this.folder}/${name}`));
      expect({ name, equal }).toEqual({ name, equal: true });
    }
  }
}

describe('an ext4 on a file of nbdfuse, through the proxy', () => {
  it.for(TRANSPORTS)(
    'is sound at the destination after files were written throughout a move over %s',
    async (transport, context) => {
      const stage = stageWithTools(context);
      const pair = await movingPair(stage, (path) => makeEmptyImage(path, SIZE_BYTES));
      const proxy = await FollowingProxy.start(stage, pair, transport);
      const device = await fuseFile(stage, proxy.uri);
      const files = new Files(stage, transport === 'TCP' ? 101 : 201);
      const [before, during] = [files.names.slice(0, FILES.before), files.names.slice(FILES.before, -FILES.after)];
      await runWell('mkfs.ext4', ['-q', '-F', device]);
      await files.writeTo(device, before);

      const { api } = pair.source;
      const id = await api.startMigration(requestOf(pair, { cutover: 'manual' }));
      await files.writeTo(device, during);
      await untilState(api, id, 'pre-switchover');
      const writing = files.writeTo(device, files.names.slice(-FILES.after));
      await api.cutover(id);
      await untilState(api, id, 'completed');
      await writing;

      await expectOwnedBy(pair.destination.agent, pair.source.agent);
      const arrived = pair.destination.agent.imagePath(DISK);
      const { code, stdout } = await run('e2fsck', ['-f', '-n', arrived]);
      expect({ code, stdout }).toMatchObject({ code: 0 });
      await files.expectIn(arrived, stage.path('dump'));
      // The same through the file that was there all the time.
      expect(await run('e2fsck', ['-f', '-n', device])).toMatchObject({ code: 0 });
    },
  );
});
