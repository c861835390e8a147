import type { ApiClient } from '../harness/apiClient.js';
import { DISK } from '../harness/pair.js';

/** A number of an agent's metrics about its export; 0 where it says nothing of it. */
async function countOf(api: ApiClient, metric: string, more = ''): Promise<number> {
  const line = new RegExp(`^${metric}\\{[^}]*export="${DISK}"[^}]*${more}[^}]*\\} (\\S+)$`, 'm');
  return Number(line.exec(await api.metrics())?.[1] ?? 0);
}

/** Bytes that NBD clients wrote to the export. */
export function bytesWrittenTo(api: ApiClient): Promise<number> {
  return countOf(api, 'godwit_nbd_bytes_total', 'direction="write"');
}

/** NBD connections that use the export. */
export function connectionsTo(api: ApiClient): Promise<number> {
  return countOf(api, 'godwit_nbd_connections');
}
