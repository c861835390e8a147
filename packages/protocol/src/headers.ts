import type { LaneHeaders } from './laneHeaders.js';

/**
 * The header of each frame as plain objects: what stands in messages.proto, every field present.
 * Units are the last word of a name; sizes, offsets and epochs are safe integers and never negative.
 * Checked against limits.ts when encoded and again when decoded.
 */
export interface FrameHeaders extends ControlHeaders, LaneHeaders {}

export interface ImageOffer {
  /** 1 to 64 of A-Z a-z 0-9 _ -: a file name at the destination. */
  readonly name: string;
  readonly kind: 'disk' | 'memory';
  readonly sizeBytes: number;
  /** A power of two, LIMITS.blockBytesMinimum to LIMITS.blockBytesMaximum. */
  readonly blockBytes: number;
  readonly allocatedBytes: number;
  /** The source's owner epoch e; the destination will own e + 1. */
  readonly epoch: number;
}

/** What the destination has of an image when it accepts. */
export interface HeldCopy {
  /** Made with the file: another file has another. */
  readonly copy: string;
  /** A value of Held. */
  readonly held: number;
}

interface ControlHeaders {
  /** token is empty when none is asked for; migrationId, sessionKey and lane are for lanes. */
  Hello: {
    readonly agentVersion: string;
    readonly token: string;
    readonly migrationId: string;
    readonly sessionKey: string;
    /** Index, 0 to LIMITS.lanes - 1. */
    readonly lane: number;
    readonly heartbeatMs: number;
  };
  HelloAck: {
    /** min(both): the version of this connection. */
    readonly version: number;
    readonly agentVersion: string;
    /** Lanes: wire bytes that may be unacknowledged, at most LIMITS.windowBytes. */
    readonly windowBytes: number;
    readonly heartbeatMs: number;
  };
  /** Text beyond LIMITS.textCharacters is cut by encodeFrame, here and in HookResult and Cancel. */
  Failure: { readonly code: string; readonly message: string; readonly detail: string };
  Heartbeat: { readonly sentAtMs: number; readonly echoMs: number };
  Offer: {
    readonly migrationId: string;
    /** 1 to LIMITS.images, with distinct names. */
    readonly images: readonly ImageOffer[];
    readonly mode: 'live' | 'cold';
    readonly verify: 'full' | 'wire';
    /** 1 to LIMITS.lanes. */
    readonly lanes: number;
    /** Tells sources apart whose images bear one name; empty from a version that has none. */
    readonly sourceId: string;
    /** 1 for the first offer of a migration, more for each that follows a lost link; 0: none follows. */
    readonly attempt: number;
    /** How long the source tries to come back. */
    readonly patienceMs: number;
    /** A file that stands at the destination is what it begins with, whoever made it. */
    readonly seed: boolean;
    /** Driver of what runs on the images and moves with them; empty: nothing that the destination has to know of. */
    readonly workload: string;
    /** For the driver at the other end; at most LIMITS.documentCharacters. */
    readonly document: string;
  };
  /** Could this workload move here? Answered with Findings, before any offer. */
  Survey: { readonly workload: string; readonly document: string };
  Findings: { readonly document: string };
  Accept: {
    readonly sessionKey: string;
    /** 1 to LIMITS.lanes. */
    readonly lanes: number;
    /** Empty: the host that was dialled. */
    readonly apiHost: string;
    readonly apiPort: number;
    readonly apiScheme: string;
    /** One for each image of the offer, in its order; empty from a destination that does not resume. */
    readonly copies: readonly HeldCopy[];
    /** As in the Offer, from a destination that will take it over. */
    readonly workload: string;
  };
  Progress: {
    readonly state: string;
    readonly phase: string;
    /** Bytes, as the next five. */
    readonly total: number;
    readonly transferred: number;
    readonly remaining: number;
    readonly duplicate: number;
    readonly normal: number;
    readonly wireBytes: number;
    /** Bytes. */
    readonly resent: number;
    readonly percent: number;
    /** Negative: unknown. */
    readonly etaMs: number;
    readonly mbps: number;
    readonly dirtyBytesPerSec: number;
    /** Negative: unknown. */
    readonly expectedDowntimeMs: number;
  };
  RoundEnd: {
    readonly round: number;
    readonly blocks: number;
    readonly bytes: number;
    readonly zeroBytes: number;
    readonly wireBytes: number;
    readonly durationMs: number;
    readonly dirtiedBytes: number;
    readonly mbps: number;
  };
  RoundSynced: { readonly round: number; readonly durationMs: number };
  Prepare: { readonly verifiedBlocks: number; readonly verifiedBytes: number; readonly mismatches: number };
  Prepared: { readonly durationMs: number };
  /** epochs: one for each image of the offer, in its order. */
  Commit: { readonly migrationId: string; readonly epochs: readonly number[] };
  Taken: { readonly durationMs: number; readonly epochs: readonly number[] };
  Released: {
    readonly totalMs: number;
    readonly drainMs: number;
    readonly finalRoundMs: number;
    readonly verifyMs: number;
    readonly persistMs: number;
    readonly takeoverMs: number;
  };
  HookResult: { readonly hook: string; readonly error: string };
  Cancel: { readonly code: string; readonly reason: string };
  Cancelled: Readonly<Record<string, never>>;
  /** names are distinct; epochs has one for each of them. */
  Resolve: { readonly migrationId: string; readonly names: readonly string[]; readonly epochs: readonly number[] };
  Outcome: {
    readonly state: string;
    readonly epochs: readonly number[];
    readonly apiHost: string;
    readonly apiPort: number;
    readonly apiScheme: string;
  };
}
