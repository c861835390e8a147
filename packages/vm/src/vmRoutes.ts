/** Virtual machines over HTTP: start, look, stop, move. */
import { type Api, ERROR_RESPONSES, MigrationRequestSchema, toMigrationRequest } from '@godwit/agent';
import { checkManifest } from '@godwit/qemu';
import { type Static, Type } from '@godwit/schema';
import type { VmMove, VmMoves } from './vmMoves.js';
import type { VmService } from './vmService.js';
import { VmViewSchema } from './vmView.js';

const CREATED = 201;
const tags = ['virtual machines'];
const params = Type.Object({ name: Type.String() });

const FindingSchema = Type.Object({
  severity: Type.String(),
  code: Type.String(),
  what: Type.String(),
  why: Type.String(),
  mend: Type.String(),
});
const MoveSchema = Type.Object(
  {
    destination: Type.String({ description: 'HOST:PORT of the destination agent' }),
    storage: Type.Optional(Type.Enum(['copy', 'shared'], { default: 'copy' })),
    mapNics: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'bridges, tap devices and forwarded ports that have another name there, old to new',
      }),
    ),
  },
  { additionalProperties: false },
);
const { images: _, mode: __, ...others } = MigrationRequestSchema.properties;
const MigrateSchema = Type.Object(
  { ...others, ...MoveSchema.properties, forceWarnings: Type.Optional(Type.Boolean({ default: false })) },
  { additionalProperties: false },
);

/** Adds every /v1/vms call. */
export function registerVmRoutes(app: Api, vms: VmService, moves: VmMoves): void {
  registerViews(app, vms);
  registerStart(app, vms);
  registerEnds(app, vms);
  registerMoves(app, moves);
}

function registerViews(app: Api, vms: VmService): void {
  const all = { 200: Type.Array(VmViewSchema), ...ERROR_RESPONSES };
  app.get('/v1/vms', { schema: { tags, summary: 'All virtual machines', response: all } }, () => vms.list());
  const one = { 200: VmViewSchema, ...ERROR_RESPONSES };
  app.get('/v1/vms/:name', { schema: { tags, summary: 'One virtual machine', params, response: one } }, (request) =>
    vms.view(request.params.name),
  );
}

function registerStart(app: Api, vms: VmService): void {
  const body = Type.Object({ manifest: Type.Unknown() }, { additionalProperties: false });
  const response = { 201: VmViewSchema, ...ERROR_RESPONSES };
  app.post(
    '/v1/vms',
    { schema: { tags, summary: 'Start a virtual machine from its manifest', body, response } },
    async (request, reply) => {
      const view = await vms.run(checkManifest(request.body.manifest));
      return reply.code(CREATED).header('location', `/v1/vms/${view.name}`).send(view);
    },
  );
}

function registerEnds(app: Api, vms: VmService): void {
  const body = Type.Object({ force: Type.Optional(Type.Boolean()) }, { additionalProperties: false });
  const response = { 200: VmViewSchema, ...ERROR_RESPONSES };
  app.post(
    '/v1/vms/:name/stop',
    { schema: { tags, summary: 'Power it off; force: pull its plug', params, body, response } },
    (request) => vms.stop(request.params.name, { force: request.body.force === true }),
  );
  app.delete(
    '/v1/vms/:name',
    {
      schema: {
        tags,
        summary: 'Forget one that is off or has left',
        params,
        response: { 204: Type.Null(), ...ERROR_RESPONSES },
      },
    },
    async (request, reply) => {
      await vms.forget(request.params.name);
      return reply.code(204).send(null);
    },
  );
}

function registerMoves(app: Api, moves: VmMoves): void {
  const found = { 200: Type.Array(FindingSchema), ...ERROR_RESPONSES };
  app.post(
    '/v1/vms/:name/check',
    { schema: { tags, summary: 'What stands against a move', params, body: MoveSchema, response: found } },
    (request) => moves.check(request.params.name, moveOf(request.body)),
  );
  const started = {
    201: Type.Object({ id: Type.String(), findings: Type.Array(FindingSchema) }),
    ...ERROR_RESPONSES,
  };
  app.post(
    '/v1/vms/:name/migrations',
    { schema: { tags, summary: 'Move it', params, body: MigrateSchema, response: started } },
    async (request, reply) => {
      const { storage: _storage, mapNics: _mapNics, forceWarnings = false, ...how } = request.body;
      const {
        images: _images,
        mode: _mode,
        destination: _destination,
        ...migration
      } = toMigrationRequest({
        ...how,
        images: [],
      });
      const started = await moves.migrate(request.params.name, moveOf(request.body), migration, { forceWarnings });
      return reply.code(CREATED).header('location', `/v1/migrations/${started.id}`).send(started);
    },
  );
}

function moveOf({ destination, storage = 'copy', mapNics = {} }: Static<typeof MoveSchema>): VmMove {
  return { destination, storage, mapNics };
}
