// The workload of the compose demonstration. Clients write to disk0 through the source's API, a
// migration is started under them, they follow the image to the destination and go on; then the whole
// image is read back and compared with a replica of every acknowledged write. Prints a verdict and
// exits 0 only when all of it holds. Uses nothing but Node.
import { randomFillSync, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const SOURCE_URL = process.env.SOURCE_URL ?? 'http://127.0.0.1:7301';
const DESTINATION = process.env.DESTINATION ?? '127.0.0.1:7400';
const IMAGE = process.env.IMAGE ?? 'disk0';
const CLIENTS = 4;
const WRITE_BYTES = 64 * 1024;
const READ_BYTES = 4 * 1024 * 1024;
/** Writing goes on for so long before the migration, and for so long at the destination after it. */
const BEFORE_MS = 2000;
const AFTER_MS = 2000;
const MIGRATION_LIMIT_MS = 120_000;
/** A pause between a client's writes, so that the load is a busy disk's and not a flood. */
const BETWEEN_WRITES_MS = 4;

const token = process.env.TOKEN_FILE ? readFileSync(process.env.TOKEN_FILE, 'utf8').trim() : undefined;
const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

/** Where the image is at the moment: its URL, changed by the first 421. */
let imageUrl = `${SOURCE_URL}/v1/images/${IMAGE}`;
let moved = false;
let writing = true;
let writes = 0;
let writesAfterMove = 0;
let longestWriteMs = 0;

function fail(reason) {
  console.log(`VERDICT: FAILED - ${reason}`);
  process.exit(1);
}

async function call(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) fail(`${method} ${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** Sends one write until it is acknowledged, at the source or, told so by a 421, at the new owner. */
async function put(offset, bytes) {
  const startedAt = performance.now();
  for (;;) {
    const response = await fetch(`${imageUrl}/bytes?offset=${offset}`, {
      method: 'PUT',
      headers: { ...authorization, 'content-type': 'application/octet-stream' },
      body: bytes,
    });
    if (response.status === 204) break;
    const answer = await response.json();
    if (response.status !== 421) fail(`a write was answered ${response.status} ${answer.code}: ${answer.message}`);
    if (!moved) console.log(`writers are sent on to ${answer.location}`);
    imageUrl = answer.location;
    moved = true;
  }
  longestWriteMs = Math.max(longestWriteMs, performance.now() - startedAt);
  writes += 1;
  if (moved) writesAfterMove += 1;
}

/** One client: random blocks of its own share of the image; the replica learns of acknowledged writes only. */
async function runClient(replica, first, end) {
  while (writing) {
    const offset = randomInt(first, end) * WRITE_BYTES;
    const bytes = randomFillSync(Buffer.allocUnsafe(WRITE_BYTES));
    await put(offset, bytes);
    bytes.copy(replica, offset);
    await pause(BETWEEN_WRITES_MS);
  }
}

/** Follows the migration to its end and prints a line for each round. */
async function follow(id) {
  const deadline = Date.now() + MIGRATION_LIMIT_MS;
  let shown = 0;
  for (;;) {
    const migration = await call('GET', `${SOURCE_URL}/v1/migrations/${id}`);
    for (const round of migration.rounds.slice(shown)) {
      const mib = (bytes) => (bytes / 1048576).toFixed(1).padStart(7);
      console.log(`round ${round.round}: ${mib(round.bytes)} MiB, ${mib(round.wireBytes)} MiB on the wire`);
    }
    shown = migration.rounds.length;
    if (migration.state === 'completed') return migration;
    if (['failed', 'cancelled', 'outcome-unknown'].includes(migration.state)) {
      fail(`migration ${migration.state}: ${JSON.stringify(migration.error)}`);
    }
    if (Date.now() > deadline) fail(`migration still ${migration.state} after ${MIGRATION_LIMIT_MS} ms`);
    await pause(100);
  }
}

async function countDifferentBlocks(replica) {
  let different = 0;
  for (let offset = 0; offset < replica.length; offset += READ_BYTES) {
    const length = Math.min(READ_BYTES, replica.length - offset);
    const response = await fetch(`${imageUrl}/bytes?offset=${offset}&length=${length}`, { headers: authorization });
    if (!response.ok) fail(`reading back answered ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (bytes.length !== length) fail(`reading ${length} bytes at ${offset} answered ${bytes.length}`);
    for (let at = 0; at < length; at += WRITE_BYTES) {
      const expected = replica.subarray(offset + at, offset + Math.min(at + WRITE_BYTES, length));
      if (!bytes.subarray(at, at + expected.length).equals(expected)) different += 1;
    }
  }
  return different;
}

const { size } = await call('GET', imageUrl);
const replica = Buffer.alloc(size);
const blocks = Math.floor(size / WRITE_BYTES);
console.log(`${CLIENTS} clients write to ${IMAGE}, ${size / 1048576} MiB, at ${SOURCE_URL}`);
const clients = Array.from({ length: CLIENTS }, (_, index) =>
  runClient(replica, Math.floor((blocks * index) / CLIENTS), Math.floor((blocks * (index + 1)) / CLIENTS)),
);
for (const client of clients) client.catch((error) => fail(`a client stopped: ${error.stack}`));

await pause(BEFORE_MS);
const request = { images: [IMAGE], destination: DESTINATION, mode: 'live', downtimeLimitMs: 200 };
const { id } = await call('POST', `${SOURCE_URL}/v1/migrations`, request);
console.log(`migration ${id} to ${DESTINATION} started after ${writes} writes`);
const migration = await follow(id);
await pause(AFTER_MS);
writing = false;
await Promise.all(clients);

const { downtime, verified } = migration;
console.log(
  `pause ${downtime?.totalMs.toFixed(1)} ms, longest write as a client felt it ${longestWriteMs.toFixed(0)} ms`,
);
console.log(`verified ${verified?.mode}: ${verified?.blocks} blocks, ${verified?.mismatches} mismatches`);
if (!moved || writesAfterMove === 0) fail('no write reached the destination');
const different = await countDifferentBlocks(replica);
if (different > 0) fail(`${different} of ${blocks} blocks differ from what was acknowledged`);
console.log(
  `VERDICT: OK - ${writes} writes acknowledged, ${writesAfterMove} of them at the destination; all read back`,
);
