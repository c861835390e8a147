/**
 * A migration as it is read: over HTTP, in `--json` and in records. One schema gives the type, the
 * OpenAPI document and the tests' check. Field names follow QEMU's `query-migrate` where it has one.
 */
import { type Static, Type } from '@godwit/schema';

const bytes = (description: string) => Type.Number({ description: `bytes: ${description}` });
const milliseconds = (description: string) => Type.Number({ description: `ms: ${description}` });

export const MigrationStateSchema = Type.Enum([
  'setup',
  'active',
  'pre-switchover',
  'switchover',
  'completed',
  'cancelling',
  'cancelled',
  'failed',
  'paused',
  'outcome-unknown',
]);
export type MigrationState = Static<typeof MigrationStateSchema>;

/** States that nothing follows; the event stream ends with them. */
export const TERMINAL_STATES: readonly MigrationState[] = ['completed', 'cancelled', 'failed'];

export const ProgressSchema = Type.Object({
  phase: Type.String({ description: 'what is being done, in a word or two' }),
  total: bytes('what must move; holes excluded'),
  transferred: bytes('of total, arrived and acknowledged'),
  remaining: bytes('still dirty or in flight'),
  compressed: Type.Optional(bytes('of normal, what travelled as lz4 (source only)')),
  duplicate: bytes('zeros, sent as ranges'),
  normal: bytes('raw bytes sent, before compression'),
  wireBytes: bytes('what left the socket'),
  resent: bytes('sent again after a refusal or a difference'),
  percent: Type.Number({ description: 'never falls; 100 only when completed' }),
  etaMs: Type.Union([Type.Number(), Type.Null()], { description: 'ms until completed; null while unknown' }),
  mbps: Type.Number({ description: 'megabits a second on the wire' }),
  dirtyBytesPerSec: Type.Number({ description: 'how fast the workload writes' }),
  expectedDowntimeMs: Type.Union([Type.Number(), Type.Null()], {
    description: 'the pause if the switch came now; null while unknown',
  }),
  scrub: Type.Optional(
    Type.Object(
      {
        checkedBytes: bytes('of them compared'),
        totalBytes: bytes('to be read back in this pass'),
        bytesPerSec: Type.Number({ description: 'on each side' }),
      },
      { description: 'the pass of reading back that is under way, or the last one' },
    ),
  ),
});
export type Progress = Static<typeof ProgressSchema>;

export const RoundRecordSchema = Type.Object({
  round: Type.Number(),
  blocks: Type.Number(),
  bytes: bytes('of image in this round'),
  zeroBytes: bytes('of them zero'),
  wireBytes: bytes('that left the socket'),
  durationMs: milliseconds('from collecting to the last acknowledgement'),
  dirtiedBytes: bytes('written by the workload meanwhile'),
  mbps: Type.Number({ description: 'megabits a second on the wire' }),
  deferredBytes: Type.Optional(bytes('dirty, rewritten often, and left for later')),
});
export type RoundRecord = Static<typeof RoundRecordSchema>;

export const DowntimeSchema = Type.Object({
  totalMs: milliseconds('from the closing of the gate to the first moment the destination could serve a write'),
  drainMs: milliseconds('writes in progress ending'),
  finalRoundMs: milliseconds('the last dirty blocks'),
  verifyMs: milliseconds('the last digests'),
  persistMs: milliseconds('data and records to disk'),
  takeoverMs: milliseconds('from COMMIT to serving'),
  onFreezeMs: Type.Optional(milliseconds('the --on-freeze hook')),
});
export type Downtime = Static<typeof DowntimeSchema>;

export const VerifiedSchema = Type.Object({
  mode: Type.Enum(['full', 'wire']),
  blocks: Type.Number(),
  bytes: bytes('proven equal on both sides'),
  mismatches: Type.Number({ description: 'blocks that differed and were sent again' }),
  reRead: Type.Number({ description: 'blocks read again because of a write during the check' }),
});
export type Verified = Static<typeof VerifiedSchema>;

export const MigrationViewSchema = Type.Object(
  {
    id: Type.String(),
    role: Type.Enum(['source', 'destination']),
    images: Type.Array(Type.String()),
    state: MigrationStateSchema,
    mode: Type.Enum(['live', 'cold']),
    verify: Type.Enum(['full', 'wire']),
    startedAt: Type.String({ description: 'ISO 8601, UTC' }),
    endedAt: Type.Optional(Type.String({ description: 'ISO 8601, UTC' })),
    error: Type.Optional(
      Type.Object({ code: Type.String(), message: Type.String(), detail: Type.Optional(Type.String()) }),
    ),
    progress: ProgressSchema,
    rounds: Type.Array(RoundRecordSchema),
    downtime: Type.Optional(DowntimeSchema),
    verified: Type.Optional(VerifiedSchema),
  },
  { title: 'Migration' },
);
export type MigrationView = Static<typeof MigrationViewSchema>;
