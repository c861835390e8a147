/**
 * The HTTP API that both agents stand on: who may ask, how errors look, health, metrics, OpenAPI. The
 * routes of images and migrations are added by the agents (imageRoutes, migrationRoutes).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController, type RawServerDefault } from 'fastify';
import type { Registry } from 'prom-client';
import type { AgentRole } from '../config/agentOptions.js';
import type { Logger } from '../logging/logger.js';
import { redactor } from '../logging/redaction.js';
import { createAuthorization } from './authorization.js';
import { describeInvalid, JSON_BODY_LIMIT_BYTES, sendError, sendUnknownRoute } from './errorReply.js';
import { registerOperations } from './operations.js';
import { type ServedTls, secureServers } from './secureServer.js';

const FIRST_ERROR_STATUS = 400;

/** A fastify instance whose routes are typed by their TypeBox schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface ApiOptions {
  title: string;
  role: AgentRole;
  logger: Logger;
  /** Bearer token; without one only loopback may be listened on. */
  token?: string;
  /** Given: HTTPS, and without a token for those alone who show a certificate that its authority signed, if it has one. */
  tls?: ServedTls;
  /** Asked by /readyz. */
  ready: () => boolean;
  metrics: Registry;
}

/** Makes the API with everything but the routes of images and migrations; `listen` opens it. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const logger: FastifyBaseLogger = options.logger;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: JSON_BODY_LIMIT_BYTES,
    // Event streams would hold close() until the migration ends.
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    ...(options.tls === undefined ? {} : { serverFactory: secureServers(options.tls) }),
    schemaErrorFormatter: describeInvalid,
    // A number in quotes is a mistake worth telling, and so is a field that does not exist. The schemas are our own: judging them
    // by the schema of schemas, which has to be compiled for that, would take a tenth of a start.
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true, validateSchema: false },
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  // Schemas document answers; a field that an agent adds must not be filtered out.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(sendError);
  app.setNotFoundHandler(sendUnknownRoute);
  allowEmptyJson(app);
  const authorize = createAuthorization(options.token, options.tls);
  app.addHook('onRequest', async (request) => authorize(request));

  if (options.token !== undefined) keepSecret(app, options.token);

  await app.register(swagger, { openapi: openApi(options) });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  registerOperations(app, options.metrics, options.ready);
  return app;
}

/** No error says the token back: it may stand in a log by then that is not ours. */
function keepSecret(app: Api, token: string): void {
  const redact = redactor([token]);
  app.addHook('onSend', async (_, reply, payload) => {
    return reply.statusCode >= FIRST_ERROR_STATUS && typeof payload === 'string' ? redact(payload) : payload;
  });
}

function openApi(options: ApiOptions) {
  const security = options.token === undefined ? [] : [{ bearer: [] }];
  return {
    openapi: '3.1.0',
    info: { title: options.title, description: `Godwit ${options.role} agent`, version: '1' },
    components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
    security,
  };
}

/** Calls without a body (cutover, flush) may still be sent by clients that always name JSON. */
function allowEmptyJson(app: Api): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  });
}
