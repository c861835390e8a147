import { type FrameKind, kindOf } from './frameKind.js';
import { type FrameName, FrameType } from './frameType.js';
import { Heartbeat, Hello, HelloAck } from './messages/connection.js';
import { Cancel, Cancelled, Failure, HookResult } from './messages/ending.js';
import { Commit, Outcome, Prepare, Prepared, Released, Resolve, Taken } from './messages/handover.js';
import { Ack, Check, CheckResult, CheckZero, Extent, Nack, Zero } from './messages/lane.js';
import { Accept, Findings, Offer, Survey } from './messages/offer.js';
import { Progress, RoundEnd, RoundSynced } from './messages/rounds.js';

/** Every kind of frame by name; the compiler asks for each. */
export const FRAME_KINDS: { readonly [K in FrameName]: FrameKind<K> } = {
  Hello: kindOf('Hello', Hello),
  HelloAck: kindOf('HelloAck', HelloAck),
  Failure: kindOf('Failure', Failure),
  Heartbeat: kindOf('Heartbeat', Heartbeat),
  Offer: kindOf('Offer', Offer),
  Accept: kindOf('Accept', Accept),
  Progress: kindOf('Progress', Progress),
  RoundEnd: kindOf('RoundEnd', RoundEnd),
  RoundSynced: kindOf('RoundSynced', RoundSynced),
  Prepare: kindOf('Prepare', Prepare),
  Prepared: kindOf('Prepared', Prepared),
  Commit: kindOf('Commit', Commit),
  Taken: kindOf('Taken', Taken),
  Released: kindOf('Released', Released),
  HookResult: kindOf('HookResult', HookResult),
  Cancel: kindOf('Cancel', Cancel),
  Cancelled: kindOf('Cancelled', Cancelled),
  Resolve: kindOf('Resolve', Resolve),
  Outcome: kindOf('Outcome', Outcome),
  Survey: kindOf('Survey', Survey),
  Findings: kindOf('Findings', Findings),
  Extent: kindOf('Extent', Extent),
  Zero: kindOf('Zero', Zero),
  Check: kindOf('Check', Check),
  CheckZero: kindOf('CheckZero', CheckZero),
  Ack: kindOf('Ack', Ack),
  Nack: kindOf('Nack', Nack),
  CheckResult: kindOf('CheckResult', CheckResult),
};

/** By type number, for the parser; numbers that name nothing are holes. */
export const KINDS_BY_NUMBER: readonly (FrameKind | undefined)[] = Array.from({ length: 256 }, (_, number) =>
  Object.values(FRAME_KINDS).find((kind) => FrameType[kind.name] === number),
);
