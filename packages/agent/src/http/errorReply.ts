/**
 * Turns whatever a request ended with into the one form of an error: `{code, message, detail?, location?}`
 * with the status of the table. The API installs it; nothing else writes error bodies.
 */
import { GodwitError, problemOf, toGodwitError } from '@godwit/errors';
import { Type } from '@godwit/schema';
import type { FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { withoutQuery } from '../logging/redaction.js';

export const ErrorSchema = Type.Object(
  {
    code: Type.String({ description: 'a row of docs/ERRORS.md' }),
    message: Type.String(),
    detail: Type.Optional(Type.String({ description: 'what the peer or the system said' })),
    location: Type.Optional(Type.String({ description: 'with E_MOVED: where the image lives now' })),
  },
  { title: 'Error' },
);

/** For the OpenAPI document: how each route answers when it refuses. */
export const ERROR_RESPONSES = { '4xx': ErrorSchema, '5xx': ErrorSchema };

/** How calls answer that return nothing. */
export const EMPTY_RESPONSES = {
  204: Type.Unsafe<undefined>({ type: 'null', description: 'done' }),
  ...ERROR_RESPONSES,
};

const CLIENT_ERROR = 400;
const SERVER_ERROR = 500;

export function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = asGodwitError(thrown);
  if (error.code === 'E_INTERNAL') request.log.error({ err: thrown, url: withoutQuery(request.url) }, 'request failed');
  const location = error.code === 'E_MOVED' ? error.parameters.location : undefined;
  if (location !== undefined) reply.header('location', String(location));
  if (error.code === 'E_UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  // Errors may replace an answer whose headers were set already (a stream that could not be read).
  reply.removeHeader('content-length');
  reply.code(error.httpStatus).type('application/json; charset=utf-8');
  reply.send({
    code: error.code,
    message: error.message,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(location === undefined ? {} : { location: String(location) }),
  });
}

export function sendUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  sendError(
    new GodwitError('E_NOT_FOUND', { what: 'call', name: `${request.method} ${withoutQuery(request.url)}` }),
    request,
    reply,
  );
}

/** Says which field of a request is wrong and what would be right. */
export function describeInvalid(errors: FastifySchemaValidationError[], where: string): Error {
  const [first] = errors;
  if (first === undefined) return new GodwitError('E_USAGE', { problem: `invalid ${where}` });
  const field = first.instancePath.replace(/^\//, '').replaceAll('/', '.');
  const subject = field === '' ? `the ${where}` : `"${field}" in the ${where}`;
  return new GodwitError('E_USAGE', { problem: `${subject} ${first.message ?? 'is invalid'}${hint(first.params)}` });
}

function hint(parameters: FastifySchemaValidationError['params']): string {
  const { allowedValues, additionalProperty } = parameters;
  if (Array.isArray(allowedValues)) return `: ${allowedValues.join(', ')}`;
  return typeof additionalProperty === 'string' ? `: "${additionalProperty}"` : '';
}

/** Fastify's own refusals carry a 4xx status; they are the caller's, all else is ours. */
function asGodwitError(thrown: unknown): GodwitError {
  if (thrown instanceof GodwitError) return thrown;
  if (!(thrown instanceof Error) || !('statusCode' in thrown) || typeof thrown.statusCode !== 'number') {
    return toGodwitError(thrown);
  }
  const refused = thrown.statusCode >= CLIENT_ERROR && thrown.statusCode < SERVER_ERROR;
  if (!refused) return toGodwitError(thrown);
  const code = 'code' in thrown ? thrown.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new GodwitError('E_TOO_LARGE', {
      what: 'the request body',
      value: 'longer',
      limit: `${JSON_BODY_LIMIT_BYTES} bytes`,
    });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new GodwitError('E_USAGE', { problem: 'send the body as application/json' });
  }
  return new GodwitError('E_USAGE', { problem: problemOf(thrown) });
}

/** What a JSON request may hold: some ten thousand ranges of a dirty call. */
export const JSON_BODY_LIMIT_BYTES = 1024 * 1024;
