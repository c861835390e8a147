/**
 * The frames of protocol version 2, their numbers and who may send them.
 *
 * A connection begins with an 8-byte preamble from the side that connected: magic `GDWT`, version
 * (u16 big-endian), role (u8: 1 control, 2 lane), and 1 where TLS follows or else 0 (u8). Then both sides send frames:
 *
 *     u8 type | u8 0 | u16 header length | u32 payload length | header (protobuf) | payload (raw)
 *
 * all big-endian. Only Extent and Check carry a payload. Zero is invalid in every enum. Behind a header's fields stands a
 * check of it (headerCheck.ts), which older builds skip; a stream that has begun with checks has them in every frame.
 *
 * ```mermaid
 * sequenceDiagram
 *   participant S as source
 *   participant D as destination
 *   S->>D: control: preamble, Hello
 *   D->>S: HelloAck
 *   S->>D: Offer
 *   D->>S: Accept (files made, or what is held of them; room reserved, marked inconsistent)
 *   S->>D: N lanes: preamble, Hello (migration id, session key) / HelloAck
 *   loop rounds
 *     S->>D: lanes: Extent, Zero (Ack, Nack come back)
 *     S->>D: control: RoundEnd
 *     D->>S: RoundSynced (written back)
 *     S->>D: lanes: Check, CheckZero (CheckResult, Ack come back)
 *   end
 *   Note over S: freeze, final round, final checks
 *   S->>D: Prepare
 *   D->>S: Prepared (PREPARED(e+1) is on disk)
 *   Note over S: SEALED(e) is on disk
 *   S->>D: Commit
 *   D->>S: Taken (OWNER(e+1) is on disk, serving)
 *   Note over S: RELEASED is on disk
 *   S->>D: Released
 * ```
 *
 * With TLS the Hello of the plain text says migration and lane alone, and its HelloAck says no more than "go": then comes the
 * handshake, and within it the same preamble again, a whole Hello, and the HelloAck that counts. Whoever has TLS talks in no
 * other way; there is no version 1 within it.
 *
 * A workload that moves with its images (a virtual machine) is surveyed first, on a connection of its own whose first frame is
 * Survey and whose answer is Findings; the Offer names it, and the Accept names it again: who does not know of workloads
 * refuses the one and is silent in the other.
 *
 * A link that is lost before Commit is followed by another connection with an Offer of the same migration and a higher
 * attempt, if both sides can (attempt is not 0, copies is not empty).
 *
 * Versions: a connection speaks min(both). Version 1 has no Heartbeat echo and no Progress; all else
 * is equal. New fields are added, numbers are never reused, N and N-1 are accepted.
 */
export const FrameType = {
  Hello: 1,
  HelloAck: 2,
  Failure: 3,
  Heartbeat: 4,
  Offer: 10,
  Accept: 11,
  Progress: 12,
  RoundEnd: 13,
  RoundSynced: 14,
  Prepare: 15,
  Prepared: 16,
  Commit: 17,
  Taken: 18,
  Released: 19,
  HookResult: 20,
  Cancel: 21,
  Cancelled: 22,
  Resolve: 23,
  Outcome: 24,
  Survey: 25,
  Findings: 26,
  Extent: 40,
  Zero: 41,
  Check: 42,
  CheckZero: 43,
  Ack: 44,
  Nack: 45,
  CheckResult: 46,
} as const;

export type FrameName = keyof typeof FrameType;

/** Role of a connection, as in the preamble. */
export const Role = { control: 1, lane: 2 } as const;
export type RoleName = keyof typeof Role;

/** How an extent's payload is encoded. */
export const Encoding = { raw: 1, lz4: 2 } as const;

/** What a copy holds as its migration begins or goes on. */
export const Held = {
  /** It was made just now. */
  nothing: 1,
  /** All that was acknowledged to the migration's source. */
  acknowledged: 2,
  /** Nobody can say what: blocks are to be compared. */
  something: 3,
  /** All that was acknowledged, by an earlier life of the destination's agent. */
  survived: 4,
} as const;

export const PROTOCOL_MAGIC = 'GDWT';
/** What this code speaks (N), and the oldest it accepts (N-1). */
export const PROTOCOL_VERSION = 2;
export const OLDEST_VERSION = 1;
/** The first that may be spoken within TLS: nobody who speaks an older one has it. */
export const FIRST_SECURE_VERSION = 2;
