import { createLogger } from '@godwit/agent';
import { expect, it, vi } from 'vitest';
import { Departure } from './departure.js';
import { manifestWith } from './testing/manifest.js';

/** A guest that says in which order it was asked, and stands still once `stopping` has settled. */
function guestWith({ stopping = Promise.resolve(), failures = 0 }: { stopping?: Promise<void>; failures?: number }) {
  const said: string[] = [];
  let left = failures;
  const guest = {
    isThere: true,
    stop: async () => {
      said.push('stops');
      await stopping;
      said.push('stopped');
    },
    cont: async () => {
      left -= 1;
      if (left >= 0) throw new Error('it does not answer');
      said.push('goes on');
    },
    collect: async () => void said.push('collected'),
    captureState: async () => Buffer.alloc(1),
  };
  const departure = new Departure({
    travel: { manifest: manifestWith(), running: true, mapNics: {} },
    guest,
    stateImage: () => {
      throw new Error('nothing is to be written');
    },
    onMoved: () => Promise.resolve(),
    onFree: () => Promise.resolve(),
    logger: createLogger('silent'),
  });
  return { departure, said };
}

it('lets a guest go on after the stop that was under way, not before it', async () => {
  let stop: () => void = () => undefined;
  const stopping = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const { departure, said } = guestWith({ stopping });
  const cut = new AbortController();
  const freezing = departure.freeze(cut.signal);
  await vi.waitFor(() => expect(said).toEqual(['stops']));
  cut.abort(new Error('the link is lost'));
  const resumed = departure.resumed({ always: false });
  stop();
  await expect(freezing).rejects.toThrow('the link is lost');
  await resumed;
  expect(said).toEqual(['stops', 'stopped', 'goes on']);
});

it('tries until the guest goes on, and leaves one alone that was never frozen', async () => {
  const { departure, said } = guestWith({ failures: 1 });
  await departure.resumed({ always: false });
  expect(said).toEqual([]);
  await departure.resumed({ always: true });
  expect(said).toEqual(['goes on']);
});
