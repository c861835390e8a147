import type { Logger } from '@godwit/agent';
import type { GodwitError } from '@godwit/errors';
import type { ControlChannel } from '@godwit/transport';

/** A destination is given this long to say that it has cleaned up; the workload is not waiting for it. */
const FAREWELL_MS = 1000;
const REASON_CHARACTERS = 1000;

/** Tells a destination that still listens that the migration is off, and closes the channel. False: it did not say that it knows. */
export async function bidFarewell(channel: ControlChannel, error: GodwitError, logger: Logger): Promise<boolean> {
  if (channel.over !== undefined) return false;
  channel.send('Cancel', { code: error.code, reason: error.message.slice(0, REASON_CHARACTERS) });
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('silence'), FAREWELL_MS);
  });
  const answer = await Promise.race([
    channel.waitFor('Cancelled').then(
      () => 'confirmed',
      (reason: GodwitError) => reason.message,
    ),
    patience,
  ]);
  clearTimeout(timer);
  if (answer !== 'confirmed') logger.warn({ answer }, 'the destination did not confirm the cancel');
  channel.close();
  return answer === 'confirmed';
}
