/** Failures in the API server's words: a Status object with reason, code, details and causes. */
import type { Json, JsonObject } from './json.ts'

export interface Cause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

/** What a failure is about: the group and plural of a resource, or the group and kind of a body. */
export interface Subject {
  readonly group: string
  readonly plural: string
  readonly kind: string
}

interface Details {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly causes?: readonly Cause[]
  readonly retryAfterSeconds?: number
}

/** Thrown by every operation that refuses; `status` is the body of the answer. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly code: number
  readonly reason: string
  readonly details: Details | undefined
  readonly listMeta: JsonObject

  constructor(code: number, reason: string, message: string, details?: Details, listMeta: JsonObject = {}) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
    this.listMeta = listMeta
  }

  get status(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.listMeta,
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details as unknown as Json }), // Details is plain JSON
      code: this.code,
    }
  }
}

/** `nodes`, or `leases.coordination.k8s.io`. */
export function qualified(subject: Subject): string {
  return subject.group === '' ? subject.plural : `${subject.plural}.${subject.group}`
}

const about = (subject: Subject, name: string): Details => ({
  ...(name === '' ? {} : { name }),
  ...(subject.group === '' ? {} : { group: subject.group }),
  kind: subject.plural,
})

export const notFound = (subject: Subject, name: string): ApiFailure =>
  new ApiFailure(404, 'NotFound', `${qualified(subject)} "${name}" not found`, about(subject, name))

export const noSuchResource = (): ApiFailure =>
  new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {})

/** A path without a handler; the answer is plain text. */
export const pageNotFound = (): ApiFailure => new ApiFailure(404, '', '404 page not found')

export const alreadyExists = (subject: Subject, name: string): ApiFailure =>
  new ApiFailure(409, 'AlreadyExists', `${qualified(subject)} "${name}" already exists`, about(subject, name))

export const conflict = (subject: Subject, name: string, why: string): ApiFailure =>
  new ApiFailure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(subject)} "${name}": ${why}`,
    about(subject, name),
  )

export const modified = (subject: Subject, name: string): ApiFailure =>
  conflict(subject, name, 'the object has been modified; please apply your changes to the latest version and try again')

export const applyConflict = (message: string, causes: readonly Cause[]): ApiFailure =>
  new ApiFailure(409, 'Conflict', message, { causes })

export function invalid(subject: Subject, name: string, causes: readonly Cause[]): ApiFailure {
  const kind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`
  const lines = [...new Set(causes.map((cause) => `${cause.field ?? '<nil>'}: ${cause.message}`))]
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  return new ApiFailure(422, 'Invalid', `${kind} "${name}" is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    ...(subject.kind === '' ? {} : { kind: subject.kind }),
    causes,
  })
}

export const badRequest = (message: string): ApiFailure => new ApiFailure(400, 'BadRequest', message)

export const unauthorized = (): ApiFailure => new ApiFailure(401, 'Unauthorized', 'Unauthorized')

export const forbidden = (subject: Subject, name: string, why: string, causes: readonly Cause[] = []): ApiFailure =>
  new ApiFailure(403, 'Forbidden', `${qualified(subject)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`, {
    ...about(subject, name),
    ...(causes.length === 0 ? {} : { causes }),
  })

export const methodNotAllowed = (): ApiFailure =>
  new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

export const notAcceptable = (accepted: readonly string[]): ApiFailure =>
  new ApiFailure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)

export const unsupportedMediaType = (accepted: readonly string[]): ApiFailure =>
  new ApiFailure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )

/** History older than asked for is gone. `listMeta` carries the continue token of an inconsistent continuation. */
export const expired = (message: string, listMeta: JsonObject = {}): ApiFailure =>
  new ApiFailure(410, 'Expired', message, undefined, listMeta)

export const tooLarge = (limit: number): ApiFailure =>
  new ApiFailure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)

export const tooManyRequests = (message: string, causes: readonly Cause[], retryAfterSeconds: number): ApiFailure =>
  new ApiFailure(429, 'TooManyRequests', message, {
    causes,
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  })

export const internal = (message: string): ApiFailure =>
  new ApiFailure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ reason: '', message }] })

/** Field errors of validation, in the words of `k8s.io/apimachinery`'s field package. */
export const required = (field: string, detail = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: `Required value${detail === '' ? '' : `: ${detail}`}`,
  field,
})

export const invalidValue = (field: string, value: Json | undefined, detail: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value ?? null)}: ${detail}`,
  field,
})

export const notSupported = (field: string, value: string, accepted: readonly string[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${accepted.map((one) => JSON.stringify(one)).join(', ')}`,
  field,
})

export const duplicate = (field: string, value: Json, detail = ''): Cause => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${JSON.stringify(value)}${detail === '' ? '' : `: ${detail}`}`,
  field,
})

export const forbiddenField = (field: string, detail: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${detail}`,
  field,
})

export const typeInvalid = (field: string, value: Json, detail: string): Cause => ({
  reason: 'FieldValueTypeInvalid',
  message: `Invalid value: ${JSON.stringify(typeName(value))}: ${detail}`,
  field,
})

function typeName(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
