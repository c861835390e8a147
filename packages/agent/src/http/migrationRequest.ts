import { GodwitError } from '@godwit/errors';
import { type Static, Type } from '@godwit/schema';
import type { MigrationRequest } from '../migrations/migrationStore.js';
import { parseAddress } from '../units/address.js';
import { parseRate } from '../units/rate.js';

/** What a timer of Node.js can hold, 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** A host that starts anew, a cable that somebody has to find. */
const DEFAULT_PATIENCE_MS = 600_000;

/** The body of POST /v1/migrations; validation fills the defaults in. */
export const MigrationRequestSchema = Type.Object(
  {
    images: Type.Array(Type.String(), { minItems: 1, uniqueItems: true }),
    destination: Type.String({ description: 'HOST:PORT of the destination agent' }),
    mode: Type.Optional(Type.Enum(['live', 'cold'], { default: 'live' })),
    downtimeLimitMs: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: LONGEST_MS, default: 50 })),
    bandwidthLimit: Type.Optional(
      Type.Unsafe<number | string>({
        type: ['number', 'string'],
        description: 'bytes a second, or a rate such as "1Gbit", "100MB/s" or "off"',
      }),
    ),
    scrubLimit: Type.Optional(
      Type.Unsafe<number | string>({
        type: ['number', 'string'],
        description: 'bytes a second that checks read on each side outside the pause, as bandwidthLimit',
      }),
    ),
    lanes: Type.Optional(Type.Integer({ minimum: 1, description: 'connections; the agent chooses when absent' })),
    encoding: Type.Optional(
      Type.Enum(['auto', 'raw', 'lz4'], { default: 'auto', description: 'auto: each lane does what is faster' }),
    ),
    verify: Type.Optional(Type.Enum(['full', 'wire'], { default: 'full' })),
    maxRounds: Type.Optional(Type.Integer({ minimum: 1, default: 1000 })),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_MS, default: 3_600_000 })),
    onStall: Type.Optional(Type.Enum(['abort', 'force'], { default: 'abort' })),
    cutover: Type.Optional(Type.Enum(['auto', 'manual'], { default: 'auto' })),
    patienceMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: LONGEST_MS,
        default: DEFAULT_PATIENCE_MS,
        description: 'how long a lost link is tried to be made again while the workload runs on; 0: not at all',
      }),
    ),
    seed: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'begin with the file that stands at the destination, whoever made it, and send what differs',
      }),
    ),
  },
  { additionalProperties: false },
);

/**
 * The request an agent gets, with every default filled in.
 *
 * @throws GodwitError E_BAD_VALUE
 */
export function toMigrationRequest(body: Static<typeof MigrationRequestSchema>): MigrationRequest {
  parseAddress(body.destination, 'destination');
  const bandwidthLimit = readLimit('bandwidthLimit', body.bandwidthLimit);
  const scrubLimit = readLimit('scrubLimit', body.scrubLimit);
  return {
    images: body.images,
    destination: body.destination,
    mode: body.mode ?? 'live',
    downtimeLimitMs: body.downtimeLimitMs ?? 50,
    verify: body.verify ?? 'full',
    maxRounds: body.maxRounds ?? 1000,
    timeoutMs: body.timeoutMs ?? 3_600_000,
    onStall: body.onStall ?? 'abort',
    cutover: body.cutover ?? 'auto',
    patienceMs: body.patienceMs ?? DEFAULT_PATIENCE_MS,
    seed: body.seed ?? false,
    ...(bandwidthLimit === undefined ? {} : { bandwidthLimit }),
    ...(scrubLimit === undefined ? {} : { scrubLimit }),
    ...(body.lanes === undefined ? {} : { lanes: body.lanes }),
    ...(body.encoding === undefined ? {} : { encoding: body.encoding }),
  };
}

function readLimit(name: string, value: number | string | undefined): number | undefined {
  if (typeof value === 'string') return parseRate(value, name);
  if (value === undefined || value >= 1) return value;
  throw new GodwitError('E_BAD_VALUE', {
    name,
    value,
    expected: 'at least 1 byte a second, or "off"',
  });
}
