import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../oracle/seededRandom.js';
import { FakeDestination } from './fakeDestination.js';
import { FakeSource } from './fakeSource.js';

describe('fake peers', () => {
  for (const version of [1, 2]) {
    it(`understand each other in version ${version}`, async () => {
      const image = Buffer.alloc(2 * 1024 * 1024 + 5);
      new SeededRandom(3).fill(image);
      const destination = new FakeDestination(version);
      const port = await destination.listen();
      const control = await new FakeSource('disk', image, version).moveTo(port);
      expect(destination.images[0]?.equals(image)).toBe(true);
      expect(destination.taken).toBe(true);
      expect(destination.complaints).toEqual([]);
      expect(destination.versions).toEqual([version, version]);
      control.close();
      await destination.close();
    });
  }
});
