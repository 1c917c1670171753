// The catalogue of errors that a client can see: `metav1.Status` with code, reason and Kubernetes' wording.
//
// The server throws them, the client throws them again from the wire, and both recognise them with the
// predicates below. Upstream: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go

import { aggregateFieldErrors, type FieldError } from '#api/meta/field-error.ts'

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** `metav1.Status`, as on the wire. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: { readonly continue?: string; readonly remainingItemCount?: number }
  readonly status?: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code?: number
}

export interface GroupResource {
  readonly group: string
  readonly resource: string
}

/** An error with the Status that the client is to see. */
export class StatusError extends Error {
  readonly status: Status

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? '', options)
    this.name = 'StatusError'
    this.status = status
  }

  get code(): number {
    return this.status.code ?? 500
  }

  get reason(): string {
    return this.status.reason ?? ''
  }
}

/** Makes a failure; empty details are left out as upstream's `omitempty` does. */
export function failure(
  code: number,
  reason: string,
  message: string,
  details?: StatusDetails,
  options?: ErrorOptions,
): StatusError {
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== '' && { reason }),
    ...(details && { details: withoutEmpty(details) }),
    code,
  }
  return new StatusError(status, options)
}

function withoutEmpty(details: StatusDetails): StatusDetails {
  const entries = Object.entries(details).filter(
    ([, value]) => value !== '' && value !== undefined && value !== 0,
  )
  return Object.fromEntries(entries)
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualified(resource: GroupResource): string {
  return resource.group ? `${resource.resource}.${resource.group}` : resource.resource
}

const named = (resource: GroupResource, name: string): StatusDetails => ({
  name,
  group: resource.group,
  kind: resource.resource,
})

export const notFound = (resource: GroupResource, name: string): StatusError =>
  failure(404, 'NotFound', `${qualified(resource)} ${JSON.stringify(name)} not found`, named(resource, name))

/** A path that the server does not serve at all. */
export const pathNotFound = (): StatusError =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {})

export const alreadyExists = (resource: GroupResource, name: string): StatusError =>
  failure(
    409,
    'AlreadyExists',
    `${qualified(resource)} ${JSON.stringify(name)} already exists`,
    named(resource, name),
  )

export const conflict = (resource: GroupResource, name: string, why: string): StatusError =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} ${JSON.stringify(name)}: ${why}`,
    named(resource, name),
  )

/** The conflict of an update that was made from an older state. */
export const staleObject = (resource: GroupResource, name: string): StatusError =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )

export const forbidden = (resource: GroupResource, name: string, why: string): StatusError => {
  const subject = name === '' ? qualified(resource) : `${qualified(resource)} ${JSON.stringify(name)}`
  const message = resource.resource === '' ? `forbidden: ${why}` : `${subject} is forbidden: ${why}`
  return failure(403, 'Forbidden', message, named(resource, name))
}

export const unauthorized = (message = 'Unauthorized'): StatusError => failure(401, 'Unauthorized', message)

export const badRequest = (message: string): StatusError => failure(400, 'BadRequest', message)

/** 422 with one cause for each field error; one error stands alone, several in brackets. */
export function invalid(
  group: string,
  kind: string,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const causes = errors.map((error) => ({ reason: error.type, message: error.body, field: error.field }))
  const qualifiedKind = group ? `${kind}.${group}` : kind
  const message = `${qualifiedKind} ${JSON.stringify(name)} is invalid${errors.length > 0 ? `: ${aggregateFieldErrors(errors)}` : ''}`
  return failure(422, 'Invalid', message, { name, group, kind, causes })
}

export const methodNotAllowed = (): StatusError =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

export const notAcceptable = (message: string): StatusError => failure(406, 'NotAcceptable', message)

export const unsupportedMediaType = (message: string): StatusError =>
  failure(415, 'UnsupportedMediaType', message)

export const tooLarge = (message: string): StatusError =>
  failure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`)

export const expired = (message: string): StatusError => failure(410, 'Expired', message)

export const tooManyRequests = (
  message: string,
  retryAfterSeconds: number,
  causes?: readonly StatusCause[],
): StatusError => failure(429, 'TooManyRequests', message, { retryAfterSeconds, ...(causes && { causes }) })

export const timeout = (message: string, retryAfterSeconds = 0): StatusError =>
  failure(504, 'Timeout', `Timeout: ${message}`, { retryAfterSeconds })

export const serviceUnavailable = (message: string): StatusError =>
  failure(503, 'ServiceUnavailable', message)

export const internalError = (cause: unknown): StatusError => {
  const text = cause instanceof Error ? cause.message : String(cause)
  return failure(
    500,
    'InternalError',
    `Internal error occurred: ${text}`,
    { causes: [{ message: text }] },
    { cause },
  )
}

const has = (error: unknown, reason: string): boolean =>
  error instanceof StatusError && error.reason === reason

export const isNotFound = (error: unknown): boolean => has(error, 'NotFound')
export const isAlreadyExists = (error: unknown): boolean => has(error, 'AlreadyExists')
export const isConflict = (error: unknown): boolean => has(error, 'Conflict')
export const isUnauthorized = (error: unknown): boolean => has(error, 'Unauthorized')
export const isForbidden = (error: unknown): boolean => has(error, 'Forbidden')
export const isInvalid = (error: unknown): boolean => has(error, 'Invalid')
export const isExpired = (error: unknown): boolean => has(error, 'Expired') || has(error, 'Gone')
export const isTooManyRequests = (error: unknown): boolean => has(error, 'TooManyRequests')
/** A create that was refused because its namespace is going away: nobody retries that. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof StatusError &&
  error.code === 403 &&
  (error.status.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating')
