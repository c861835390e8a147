import type { ApiClient } from '../harness/apiClient.js';
import { DISK } from '../harness/pair.js';

const WRITTEN = new RegExp(
  `^godwit_nbd_bytes_total\\{(?=[^}]*export="${DISK}")[^}]*direction="write"[^}]*\\} (\\S+)$`,
  'm',
);

/** Bytes that NBD clients wrote to the export of an agent; 0 where its metrics say nothing of it. */
export async function bytesWrittenTo(api: ApiClient): Promise<number> {
  return Number(WRITTEN.exec(await api.metrics())?.[1] ?? 0);
}
