/** Migrations over HTTP: start, read, follow, decide. */
import { GodwitError } from '@godwit/errors';
import { Type } from '@godwit/schema';
import type { MigrationStore } from '../migrations/migrationStore.js';
import { MigrationViewSchema } from '../migrations/migrationView.js';
import type { Api } from './api.js';
import { ERROR_RESPONSES } from './errorReply.js';
import { streamEvents } from './eventStream.js';
import { MigrationRequestSchema, toMigrationRequest } from './migrationRequest.js';
import { readInteger } from './queryInteger.js';

const CREATED = 201;
const tags = ['migrations'];

const MigrationParams = Type.Object({ id: Type.String() });

/** Adds every /v1/migrations call that `store` offers. */
export function registerMigrationRoutes(app: Api, store: MigrationStore): void {
  registerViews(app, store);
  registerEvents(app, store);
  registerStart(app, store);
  registerDecision(app, store, 'cutover', 'Switch now (manual cutover)');
  registerDecision(app, store, 'cancel', 'Give up; the source goes on');
  registerResolve(app, store);
}

function registerViews(app: Api, store: MigrationStore): void {
  app.get(
    '/v1/migrations',
    {
      schema: {
        tags,
        summary: 'All migrations',
        response: { 200: Type.Array(MigrationViewSchema), ...ERROR_RESPONSES },
      },
    },
    async () => store.list(),
  );
  const response = { 200: MigrationViewSchema, ...ERROR_RESPONSES };
  app.get(
    '/v1/migrations/:id',
    { schema: { tags, summary: 'One migration', params: MigrationParams, response } },
    async (request) => store.view(request.params.id),
  );
}

function registerEvents(app: Api, store: MigrationStore): void {
  const headers = Type.Object({ 'last-event-id': Type.Optional(Type.String()) });
  const summary = 'Server-sent events: state, round, progress; ends with the migration';
  app.get(
    '/v1/migrations/:id/events',
    { schema: { tags, summary, params: MigrationParams, headers, response: ERROR_RESPONSES } },
    async (request, reply) => {
      const log = store.events(request.params.id);
      const afterId = readInteger('Last-Event-ID', request.headers['last-event-id'], 0);
      reply.hijack();
      streamEvents(reply.raw, log, afterId);
    },
  );
}

function registerStart(app: Api, store: MigrationStore): void {
  if (store.start === undefined) return;
  const start = store.start.bind(store);
  const response = { 201: Type.Object({ id: Type.String() }), ...ERROR_RESPONSES };
  app.post(
    '/v1/migrations',
    { schema: { tags, summary: 'Start a migration', body: MigrationRequestSchema, response } },
    async (request, reply) => {
      const { id } = await start(toMigrationRequest(request.body));
      return reply.code(CREATED).header('location', `/v1/migrations/${id}`).send({ id });
    },
  );
}

/** Names what may come of it, in the call itself: nobody forces an owner by a slip. */
function registerResolve(app: Api, store: MigrationStore): void {
  if (store.resolve === undefined) return;
  const resolve = store.resolve.bind(store);
  const body = Type.Object(
    {
      forceOwner: Type.Optional(Type.Enum(['source', 'destination'])),
      yesIKnow: Type.Optional(Type.Boolean({ description: 'that two may own if the other side does too' })),
    },
    { additionalProperties: false },
  );
  const summary = 'End an unknown outcome: ask now, or force an owner';
  const response = { 200: MigrationViewSchema, ...ERROR_RESPONSES };
  app.post(
    '/v1/migrations/:id/resolve',
    { schema: { tags, summary, params: MigrationParams, body, response } },
    async (request) => {
      const { forceOwner, yesIKnow } = request.body;
      if (forceOwner !== undefined && yesIKnow !== true) {
        const problem = `forcing the ${forceOwner} to own leaves two owners if the other side owns too; say yesIKnow`;
        throw new GodwitError('E_USAGE', { problem });
      }
      await resolve(request.params.id, forceOwner);
      return store.view(request.params.id);
    },
  );
}

/** A call that takes no body, changes the course of a migration and answers with how it now stands. */
function registerDecision(app: Api, store: MigrationStore, name: 'cutover' | 'cancel', summary: string): void {
  const decide = store[name]?.bind(store);
  if (decide === undefined) return;
  const response = { 200: MigrationViewSchema, ...ERROR_RESPONSES };
  app.post(
    `/v1/migrations/:id/${name}`,
    { schema: { tags, summary, params: MigrationParams, response } },
    async (request) => {
      await decide(request.params.id);
      return store.view(request.params.id);
    },
  );
}
