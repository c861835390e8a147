import { runHook } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { ControlChannel } from '@godwit/transport';
import { imagePath } from './admission.js';
import type { IncomingParts } from './incomingParts.js';
import type { IncomingView } from './incomingView.js';

/** Runs --on-takeover behind the takeover and tells the source how it went. A failure changes nothing: the image stays here. */
export async function runTakeoverHook(
  parts: IncomingParts,
  view: IncomingView,
  channel: ControlChannel | undefined,
): Promise<void> {
  const { hook, hookTimeoutMs, dir, logger } = parts;
  if (hook === undefined) {
    channel?.send('HookResult', { hook: 'on-takeover', error: '' });
    return;
  }
  const { id, images } = view.view();
  const variables = {
    GODWIT_MIGRATION: id,
    GODWIT_IMAGES: images.join(' '),
    GODWIT_PATHS: images.map((name) => imagePath(dir, name)).join(' '),
    GODWIT_OUTCOME: 'taken',
  };
  try {
    await runHook('on-takeover', hook, variables, hookTimeoutMs);
    channel?.send('HookResult', { hook: 'on-takeover', error: '' });
  } catch (thrown) {
    const error = toGodwitError(thrown);
    logger.error({ migration: id, reason: error.message, detail: error.detail }, 'hook failed; the image stays here');
    view.fault(error);
    channel?.send('HookResult', { hook: 'on-takeover', error: error.message });
  }
}
