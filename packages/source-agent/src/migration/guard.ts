/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
export function guarded<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const settle = () => signal.removeEventListener('abort', abort);
    work.then(
      (value) => {
        settle();
        if (signal.aborted) abort();
        else resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(signal.aborted ? signal.reason : error);
      },
    );
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
