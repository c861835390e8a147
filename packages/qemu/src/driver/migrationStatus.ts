import { Type, Value } from '@godwit/schema';
import { QEMU_BOUNDS } from '../bounds.js';
import type { QmpClient } from '../qmp/qmpClient.js';

const MigrationSchema = Type.Object({
  status: Type.Optional(Type.String()),
  'error-desc': Type.Optional(Type.String()),
});
const EventSchema = Type.Object({ status: Type.String() });
const ENDS = ['completed', 'failed', 'cancelled'];

/**
 * What either side needs before QEMU's own migration carries device state alone: memory in a shared file is left out, and both say so,
 * as the stream tells; and it tells of each step.
 */
export async function setCapabilities(qmp: QmpClient, more: readonly string[] = []): Promise<void> {
  const capabilities = ['x-ignore-shared', 'events', ...more].map((capability) => ({ capability, state: true }));
  await qmp.execute('migrate-set-capabilities', { capabilities });
}

/** How the migration that begins next ends: completed, failed or cancelled. */
export async function migrationEnd(qmp: QmpClient): Promise<string> {
  const event = await qmp.nextEvent(
    'the end of device state',
    (one) => endOf(one.name, one.data) !== undefined,
    QEMU_BOUNDS.stateMs,
  );
  return endOf(event.name, event.data) ?? '';
}

/** Why it failed, in QEMU's words; empty when it has none. */
export async function migrationProblem(qmp: QmpClient): Promise<string> {
  return (await qmp.query('query-migrate', MigrationSchema))['error-desc'] ?? '';
}

function endOf(name: string, data: unknown): string | undefined {
  if (name !== 'MIGRATION' || !Value.Check(EventSchema, data)) return undefined;
  return ENDS.includes(data.status) ? data.status : undefined;
}
