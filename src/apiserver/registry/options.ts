// The options of a request: query parameters (or the body of a DELETE) read and judged.
//
// One function a verb; each throws 400 for what cannot be read and 422 for what may not be asked.
// Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/{v1,internalversion}/validation,
// staging/src/k8s.io/apimachinery/pkg/runtime/converter of url.Values

import {
  type FieldError,
  forbidden,
  invalid as invalidField,
  notSupported,
  notSupportedInOrder,
  Path,
  required,
} from '#api/meta/field-error.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { validateFieldManager } from '#api/meta/object-meta-validation.ts'
import { SelectorError } from '#api/meta/selectors.ts'
import { parseFieldSelector } from '#api/meta/selectors-fields.ts'
import { parseSelector } from '#api/meta/selectors-parse.ts'
import { badRequest, invalid } from '#api/meta/status.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface WriteOptions {
  readonly dryRun: boolean
  /** '' when the client gave none: the user agent's name stands in. */
  readonly fieldManager: string
  readonly fieldValidation: FieldValidation
}

export interface PatchWriteOptions extends WriteOptions {
  readonly force: boolean
}

export interface DeleteOptions {
  readonly dryRun: boolean
  readonly gracePeriodSeconds?: number
  readonly orphanDependents?: boolean
  readonly propagationPolicy?: string
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

export interface ListOptions {
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly watch: boolean
  readonly allowWatchBookmarks: boolean
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  readonly timeoutSeconds?: number
  readonly limit: number
  readonly continue: string
  readonly sendInitialEvents?: boolean
}

const field = (name: string): Path => new Path(name)
const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

/** Reads an integer parameter; absent gives undefined, nonsense 400 in Go's words. */
function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^[+-]?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = BigInt(text.replace(/^\+/, ''))
  if (value < MIN_INT64 || value > MAX_INT64) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  }
  return Number(value)
}

function boolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  return text !== '0' && text.toLowerCase() !== 'false'
}

function validateDryRun(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported(field('dryRun'), values, ['All'])]
}

function validateFieldValidation(value: string): FieldError[] {
  const supported = ['', 'Ignore', 'Strict', 'Warn']
  return supported.includes(value) ? [] : [notSupported(field('fieldValidation'), value, supported)]
}

function throwIfAny(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid('meta.k8s.io', kind, '', errors)
}

function readWriteOptions(query: URLSearchParams): { options: WriteOptions; errors: FieldError[] } {
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  const errors = [
    ...validateFieldManager(fieldManager, field('fieldManager')),
    ...validateDryRun(dryRun),
    ...validateFieldValidation(fieldValidation),
  ]
  const directive = fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation)
  return { options: { dryRun: dryRun.length > 0, fieldManager, fieldValidation: directive }, errors }
}

/** `kind` is CreateOptions or UpdateOptions. */
export function parseWriteOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions',
): WriteOptions {
  const { options, errors } = readWriteOptions(query)
  throwIfAny(kind, errors)
  return options
}

export function parsePatchOptions(query: URLSearchParams, isApply: boolean): PatchWriteOptions {
  const { options, errors } = readWriteOptions(query)
  const force = boolean(query, 'force')
  const own: FieldError[] = []
  if (isApply && options.fieldManager === '')
    own.push(required(field('fieldManager'), 'is required for apply patch'))
  if (!isApply && force !== undefined)
    own.push(forbidden(field('force'), 'may not be specified for non-apply patch'))
  throwIfAny('PatchOptions', [...own, ...errors])
  return { ...options, force: force ?? false }
}

/** From a DELETE's body where there is one, else from its query; never from both. */
export function parseDeleteOptions(query: URLSearchParams, body: JsonObject | undefined): DeleteOptions {
  const raw = body ?? {
    dryRun: query.getAll('dryRun'),
    gracePeriodSeconds: integer(query, 'gracePeriodSeconds'),
    orphanDependents: boolean(query, 'orphanDependents'),
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    preconditions: preconditionsFromQuery(query),
  }
  const { gracePeriodSeconds, orphanDependents, propagationPolicy, preconditions } = raw as {
    gracePeriodSeconds?: number
    orphanDependents?: boolean
    propagationPolicy?: string
    preconditions?: { uid?: string; resourceVersion?: string }
  }
  const dryRun = (raw['dryRun'] as string[] | undefined) ?? []
  const errors: FieldError[] = []
  if (typeof orphanDependents === 'boolean' && typeof propagationPolicy === 'string') {
    const text = 'orphanDependents and deletionPropagation cannot be both set'
    errors.push(invalidField(field('propagationPolicy'), propagationPolicy, text))
  }
  const policies = ['Foreground', 'Background', 'Orphan']
  if (typeof propagationPolicy === 'string' && !policies.includes(propagationPolicy)) {
    errors.push(notSupportedInOrder(field('propagationPolicy'), propagationPolicy, [...policies, 'nil']))
  }
  throwIfAny('DeleteOptions', [...errors, ...validateDryRun(dryRun)])
  return {
    dryRun: dryRun.length > 0,
    ...(typeof gracePeriodSeconds === 'number' && { gracePeriodSeconds }),
    ...(typeof orphanDependents === 'boolean' && { orphanDependents }),
    ...(typeof propagationPolicy === 'string' && { propagationPolicy }),
    ...(preconditions && { preconditions }),
  }
}

function preconditionsFromQuery(query: URLSearchParams): DeleteOptions['preconditions'] {
  const uid = query.get('uid') ?? ''
  const resourceVersion = query.get('resourceVersion') ?? ''
  if (uid === '' && resourceVersion === '') return undefined
  return { ...(uid !== '' && { uid }), ...(resourceVersion !== '' && { resourceVersion }) }
}

/** Options of list, watch and deletecollection; `forceWatch` for the old `/watch/` paths. */
export function parseListOptions(query: URLSearchParams, forceWatch = false): ListOptions {
  const sendInitialEvents = boolean(query, 'sendInitialEvents')
  const timeoutSeconds = integer(query, 'timeoutSeconds')
  const options: ListOptions = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    watch: forceWatch || (boolean(query, 'watch') ?? false),
    allowWatchBookmarks: boolean(query, 'allowWatchBookmarks') ?? false,
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: integer(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(sendInitialEvents !== undefined && { sendInitialEvents }),
  }
  const defaulted = options.watch ? withInitialEventsDefault(options) : options
  const errors = defaulted.watch ? validateWatch(defaulted) : validateList(defaulted)
  // what cannot be read is told before what may not be asked
  if (errors.length > 0) requireReadable(defaulted)
  throwIfAny('ListOptions', errors)
  return defaulted
}

/** Throws 400 for selectors that cannot be read. */
export function requireReadable({
  labelSelector,
  fieldSelector,
}: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>): void {
  readable(() => parseSelector(labelSelector))
  readable(() => parseFieldSelector(fieldSelector))
}

/** A selector that cannot be read is the client's fault. */
export function readable<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

/** A watch from "" or "0" has always begun with what is there; say so the modern way. */
function withInitialEventsDefault(options: ListOptions): ListOptions {
  const legacy = options.resourceVersion === '' || options.resourceVersion === '0'
  if (!legacy || options.sendInitialEvents !== undefined || options.resourceVersionMatch !== '')
    return options
  return { ...options, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
}

function validateList(options: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const match = field('resourceVersionMatch')
  if (options.resourceVersionMatch !== '') {
    if (options.resourceVersion === '') {
      errors.push(forbidden(match, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    }
    if (options.continue !== '') {
      errors.push(forbidden(match, 'resourceVersionMatch is forbidden when continue is provided'))
    }
    if (options.resourceVersionMatch !== 'Exact' && options.resourceVersionMatch !== 'NotOlderThan') {
      errors.push(notSupportedInOrder(match, options.resourceVersionMatch, ['Exact', 'NotOlderThan', '']))
    }
    if (options.resourceVersionMatch === 'Exact' && options.resourceVersion === '0') {
      errors.push(forbidden(match, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbidden(field('sendInitialEvents'), 'sendInitialEvents is forbidden for list'))
  }
  return errors
}

function validateWatch(options: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const match = field('resourceVersionMatch')
  const isNotOlderThan = options.resourceVersionMatch === 'NotOlderThan'
  if (options.sendInitialEvents !== undefined && !isNotOlderThan) {
    errors.push(forbidden(match, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  }
  if (options.resourceVersionMatch === '') return errors
  if (options.sendInitialEvents === undefined) {
    errors.push(
      forbidden(match, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    )
  }
  if (!isNotOlderThan) errors.push(notSupported(match, options.resourceVersionMatch, ['NotOlderThan']))
  if (options.continue !== '') {
    errors.push(forbidden(match, 'resourceVersionMatch is forbidden when continue is provided'))
  }
  return errors
}
