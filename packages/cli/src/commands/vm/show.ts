import type { CliContext, ExitCode } from '../../context.js';
import { renderVm, renderVms } from '../../display/vmText.js';
import type { Settings } from '../../settings/settings.js';
import { print, widthOf } from '../printing.js';
import { connectHost, readName } from './host.js';

/** `godwit vm status`: all machines as a table, or one in plain words. */
export async function vmStatus(context: CliContext, name: string | undefined, settings: Settings): Promise<ExitCode> {
  const { vms, options } = connectHost(settings);
  const json = settings.flag('json');
  if (name === undefined) {
    const views = await vms.list();
    print(context, json ? [JSON.stringify(views)] : renderVms(views, widthOf(context)));
    return 0;
  }
  const view = await vms.view(readName(name));
  print(context, json ? [JSON.stringify(view)] : renderVm(view, widthOf(context), options));
  return 0;
}
