// From the body of a write to a custom resource: read as plain JSON, then brought into the form of its schema.
//
// Upstream: schemaCoercingDecoder in staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go

import { decodeUntypedBody } from '#api/codec/body.ts'
import { DecodeError } from '#api/codec/go-decode.ts'
import { type Decoded, decodeValue, type FieldValidation } from '#api/codec/json.ts'
import type { CustomForm } from '#api/kinds/kind.ts'
import { invalid as invalidField, Path } from '#api/meta/field-error.ts'
import { apiVersionOf, type GroupVersionKind, type JsonObject, type ObjectMeta } from '#api/meta/object.ts'
import { badRequest, invalid, unsupportedMediaType } from '#api/meta/status.ts'
import { typeSchema } from '#api/schema/schema.ts'
import { type Body, type DecodeOptions, headFirst } from '#apiserver/registry/decode.ts'

const MEDIA_TYPES = ['application/json', 'application/yaml']

/** Decodes a body into a custom kind, in the version of the path; throws 400, 422 for another kind, and 415 for protobuf. */
export function decodeCustom(
  body: Body,
  wanted: GroupVersionKind,
  form: CustomForm,
  options: DecodeOptions,
): JsonObject {
  const read = readUntyped(body, wanted, options.validation)
  const { apiVersion, kind } = read.object as { apiVersion?: string; kind?: string }
  const expected = apiVersionOf(wanted.group, wanted.version)
  if (apiVersion && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    )
  }
  const reject = (why: string): Error =>
    badRequest(
      `${wanted.kind} in version ${JSON.stringify(wanted.version)} cannot be handled as a ${wanted.kind}: ${why}`,
    )
  if (kind && kind !== wanted.kind) {
    const { name = '' } = (read.object['metadata'] ?? {}) as ObjectMeta
    throw invalid(wanted.group, wanted.kind, name, [
      invalidField(new Path('kind'), kind, `must be ${wanted.kind}`),
    ])
  }
  const taken = attempt(() => takeCustomForm(read.object, form, options.validation), reject)
  const problems = [...taken.strictProblems, ...read.strictProblems]
  if (problems.length > 0 && options.validation === 'Strict') {
    throw reject(`strict decoding error: ${problems.join(', ')}`)
  }
  for (const problem of problems) options.warn(problem)
  return headFirst(wanted, taken.object)
}

function readUntyped(body: Body, wanted: GroupVersionKind, validation: FieldValidation): Decoded {
  if (body.type === 'object')
    return { object: structuredClone(body.object) as JsonObject, strictProblems: [] }
  if (body.mediaType === 'application/vnd.kubernetes.protobuf') {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${MEDIA_TYPES.join(', ')}`,
    )
  }
  return decodeUntypedBody(body.bytes, wanted, {
    mediaType: body.mediaType === 'application/yaml' ? 'yaml' : 'json',
    fieldValidation: validation,
  })
}

function attempt<T>(decode: () => T, reject: (why: string) => Error): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError) throw reject(error.message)
    throw error
  }
}

/** Brings a draft into the form of its schema, its metadata into that of all objects; tells of unknown fields. */
export function takeCustomForm(draft: JsonObject, form: CustomForm, validation: FieldValidation): Decoded {
  const head = decodeValue(draft['metadata'] ?? {}, typeSchema('meta.v1.ObjectMeta'), validation)
  const metadata = head.object
  if (metadata['creationTimestamp'] === null) delete metadata['creationTimestamp']
  const object = { ...draft, metadata }
  const unknown = form.takeForm(object)
  if (validation === 'Ignore') return { object, strictProblems: [] }
  const inMetadata = head.strictProblems.map((problem) => problem.replace(/ field "/, ' field "metadata.'))
  return {
    object,
    strictProblems: [...unknown.map((path) => `unknown field ${JSON.stringify(path)}`), ...inMetadata],
  }
}
