import type { MigrationState, MigrationView } from '@godwit/agent';
import type { GodwitError } from '@godwit/errors';
import { describeError } from './announcer.js';
import type { MigrationMeter } from './meter.js';
import type { MigrationParts } from './migrationParts.js';

interface Shown {
  readonly state: MigrationState;
  readonly error: GodwitError | undefined;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
  readonly onFreezeMs: number | undefined;
}

/** A source migration as the API shows it. */
export function sourceView(parts: MigrationParts, meter: MigrationMeter, shown: Shown): MigrationView {
  const { id, request, images } = parts;
  const { state, error, startedAt, endedAt, onFreezeMs } = shown;
  const onFreeze = onFreezeMs === undefined ? {} : { onFreezeMs };
  return {
    id,
    role: 'source',
    images: images.map((image) => image.name),
    state,
    mode: request.mode,
    verify: request.verify,
    startedAt: startedAt.toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
    ...(error === undefined ? {} : { error: describeError(error) }),
    progress: meter.progress(),
    rounds: [...meter.rounds],
    ...(meter.downtime === undefined ? {} : { downtime: { ...meter.downtime, ...onFreeze } }),
    verified: meter.verified(),
  };
}
