import type { CliContext, ExitCode } from '../context.js';
import { renderImages, renderMigrations, renderStatus } from '../display/statusText.js';
import type { Settings } from '../settings/settings.js';
import { connect } from './connection.js';
import { print, widthOf } from './printing.js';

/** `godwit status`: all migrations as a table, or one in plain words. */
export async function status(context: CliContext, id: string | undefined, settings: Settings): Promise<ExitCode> {
  const client = connect(settings);
  const json = settings.flag('json');
  if (id === undefined) {
    const views = await client.migrations();
    print(context, json ? [JSON.stringify(views)] : renderMigrations(views, widthOf(context)));
    return 0;
  }
  const view = await client.migration(id);
  print(context, json ? [JSON.stringify(view)] : renderStatus(view, widthOf(context), Date.now()));
  return 0;
}

/** `godwit images`: the images of an agent as a table. */
export async function images(context: CliContext, settings: Settings): Promise<ExitCode> {
  const list = await connect(settings).images();
  print(context, settings.flag('json') ? [JSON.stringify(list)] : renderImages(list, widthOf(context)));
  return 0;
}
