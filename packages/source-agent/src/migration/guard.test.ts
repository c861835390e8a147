import { describe, expect, it } from 'vitest';
import { isSettled } from '../testing/settled.js';
import { guarded } from './guard.js';

const reason = new Error('the reason');
const problem = new Error('the problem');

describe('guarded', () => {
  it('settles as the work does while nobody aborts', async () => {
    const { signal } = new AbortController();
    await expect(guarded(signal, Promise.resolve(7))).resolves.toBe(7);
    await expect(guarded(signal, Promise.reject(problem))).rejects.toBe(problem);
  });

  it('rejects at once when aborted, though the work goes on for ever', async () => {
    const controller = new AbortController();
    const guard = guarded(controller.signal, new Promise(() => undefined));
    expect(await isSettled(guard)).toBe(false);
    controller.abort(reason);
    await expect(guard).rejects.toBe(reason);
  });

  it('rejects when it was aborted before, even of work that is done', async () => {
    const signal = AbortSignal.abort(reason);
    await expect(guarded(signal, Promise.resolve(7))).rejects.toBe(reason);
    await expect(guarded(signal, Promise.reject(problem))).rejects.toBe(reason);
    await expect(guarded(signal, new Promise(() => undefined))).rejects.toBe(reason);
  });

  it('says the reason of the abort, not what the work died of for it', async () => {
    const controller = new AbortController();
    const work = new Promise((_, reject) => controller.signal.addEventListener('abort', () => reject(problem)));
    const guard = guarded(controller.signal, work);
    controller.abort(reason);
    await expect(guard).rejects.toBe(reason);
  });

  it('leaves no work that fails later unheard', async () => {
    const controller = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    const guard = guarded(
      controller.signal,
      new Promise((_, reject) => {
        fail = reject;
      }),
    );
    controller.abort(reason);
    await expect(guard).rejects.toBe(reason);
    // An unhandled rejection would end the run of the tests.
    fail(problem);
    expect(await isSettled(guard)).toBe(true);
  });
});
