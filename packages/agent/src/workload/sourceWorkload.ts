/**
 * What runs on the images of a migration, as the engine at the source knows it: nothing, commands of the user's, a virtual
 * machine. The engine calls, in this order: `collect` before and after each round, `freeze`, and then `resumed` or `moved`;
 * a freeze that is given up is followed by `resumed` and, later, by another freeze.
 */
export interface SourceWorkload {
  /** What the destination's driver has to know; absent where nothing has to go on there. */
  readonly travels?: TravellingWorkload;
  /** How long the last freeze took, in milliseconds; undefined when there was none. */
  readonly freezeMs: number | undefined;
  /**
   * What the workload wrote, and keeps to itself until it is asked, is written to its images when this resolves (pages of a
   * mapped file). Absent where each write reaches the image at once.
   */
  collect?(signal: AbortSignal): Promise<void>;
  /** It writes no more, and all that it wrote is in its images, its own state among it. Rejects: the migration is cancelled. */
  freeze(signal: AbortSignal): Promise<void>;
  /** It goes on here, as before the freeze; `always`: nobody remembers whether there was one. Never rejects. */
  resumed(how: { always: boolean }): Promise<void>;
  /** It goes on at `location`; what is left of it here is let go, behind the migration's back. */
  moved(location: string): void;
  /** The migration is over, however it ended; its images are free. */
  ended?(): void;
}

/** A workload as the wire names it. */
export interface TravellingWorkload {
  /** Name of its driver. */
  readonly workload: string;
  /** For the driver at the other end; at most LIMITS.documentCharacters. */
  readonly document: string;
}

/** What a workload is made of when a migration begins, or goes on in another life of the agent. */
export interface DepartureContext {
  readonly migration: string;
  readonly images: readonly string[];
  readonly paths: readonly string[];
  /** HOST:PORT */
  readonly destination: string;
  readonly mode: 'live' | 'cold';
  /** An earlier life of the agent sealed it: only who owns is asked. */
  readonly isRecovery: boolean;
}

/** Makes the workload of a migration; undefined where the user's commands are all that there is. @throws GodwitError when what runs on these images cannot move like this */
export type WorkloadOf = (context: DepartureContext) => SourceWorkload | undefined;
