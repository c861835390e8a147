import { GodwitError } from '@godwit/errors';

/**
 * Who owns an image, as one agent knows it (engine.md section 3).
 *
 * ```mermaid
 * stateDiagram-v2
 *   state source {
 *     [*] --> owner
 *     owner --> sealed: destination PREPARED
 *     sealed --> owner: destination ABORTED
 *     sealed --> released: destination owns
 *   }
 *   state destination {
 *     [*] --> incoming
 *     released_here --> incoming: it comes back, with a higher epoch
 *     incoming --> prepared: verified and on disk
 *     prepared --> owner_here: COMMIT
 *     prepared --> aborted: asked before COMMIT
 *     prepared --> incoming: the same migration goes on, after its link was lost before the seal
 *     incoming --> aborted
 *     aborted --> incoming: a new migration
 *   }
 * ```
 */
export type OwnerRole = 'owner' | 'sealed' | 'released' | 'incoming' | 'prepared' | 'aborted';

export interface OwnerRecord {
  readonly name: string;
  readonly path: string;
  readonly role: OwnerRole;
  /** Grows by one at each handover. incoming, prepared and aborted carry the epoch that would be owned. */
  readonly epoch: number;
  /**
   * Highest epoch that this agent itself owned, 0 for none: nothing older comes in again. What was
   * merely offered fences nobody, for two hosts may have images of one name at whatever epochs.
   */
  readonly fence: number;
  readonly kind: 'disk' | 'memory';
  readonly blockBytes: number;
  /** The migration that last changed the role. */
  readonly migration: string;
  /** URL of the image where it went (released). */
  readonly location: string;
  /** Where to ask who owns (sealed): HOST:PORT of the destination's protocol port. */
  readonly peer: string;
  /** Identity of the file beneath, by which it is known again under another name; empty where it is not kept. */
  readonly file: string;
  /** Identity of the agent that offered the image (incoming, prepared); empty at a source. */
  readonly offeredBy: string;
  /** When an operator made this agent the owner, or made it let go, without the other side's word; ISO 8601. */
  readonly forcedAt?: string;
  /** The file was there before, and is not ours to remove if the image does not arrive (incoming, prepared). */
  readonly keepsFile?: true;
  /** Of a copy that is being received (incoming, prepared); a later life goes on with it. */
  readonly copy?: CopyRecord;
}

/** What has to be known of a copy to go on with it. */
export interface CopyRecord {
  /** Its name, made with the file: what a source knows, it knows of this one. Another when nobody can say what it holds. */
  readonly id: string;
  /** RawFile.identity of its file. */
  readonly file: string;
  readonly sizeBytes: number;
  /** The boot of the host in which all that was acknowledged is in the file, or in its page cache. */
  readonly boot: string;
  /** How long the source tries to come back. */
  readonly patienceMs: number;
}

const ALLOWED: Record<OwnerRole | 'none', readonly OwnerRole[]> = {
  none: ['owner', 'incoming', 'aborted'],
  owner: ['owner', 'sealed'],
  sealed: ['owner', 'released'],
  released: ['incoming'],
  incoming: ['incoming', 'prepared', 'aborted'],
  prepared: ['owner', 'aborted', 'incoming'],
  aborted: ['incoming', 'aborted'],
};

/**
 * Throws unless `after` may follow `before`: a forbidden change of role is E_NOT_OWNER, an epoch that
 * would fall (or stay, where a role is gained anew) is E_OLD_EPOCH.
 */
export function checkTransition(before: OwnerRecord | undefined, after: OwnerRecord): void {
  const role = before?.role ?? 'none';
  if (!ALLOWED[role].includes(after.role)) {
    throw new GodwitError('E_NOT_OWNER', { name: after.name, state: `${role}, which cannot become ${after.role}` });
  }
  if (before === undefined) return;
  if (before.role === 'prepared' && after.role === 'incoming' && before.migration !== after.migration) {
    throw new GodwitError('E_NOT_OWNER', { name: after.name, state: 'prepared for another migration' });
  }
  const isOld = after.role === 'incoming' ? after.epoch <= before.fence : after.epoch < before.fence;
  if (isOld || after.fence < before.fence) {
    throw new GodwitError('E_OLD_EPOCH', { name: after.name, current: before.fence, offered: after.epoch });
  }
}
