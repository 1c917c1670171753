// APIService: who serves one group and version: this server, or another behind a Service.
//
// Upstream: staging/src/k8s.io/kube-aggregator/pkg/registry/apiservice/strategy.go, etcd/etcd.go,
// pkg/apis/apiregistration/validation/validation.go and v1/defaults.go

import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { plainMetadata, plainMetadataUpdate } from '#api/kinds/metadata.ts'
import { keepField, keepMetadata } from '#api/kinds/status-metadata.ts'
import { invalid, notSupportedInOrder, Path, required } from '#api/meta/field-error.ts'
import { isDNS1035Label, isPathSegmentName } from '#api/meta/names.ts'
import { formatTime } from '#api/meta/time.ts'
import { dnsSubdomain, each, type FieldErrors, inclusiveRange } from '#api/meta/validation.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const DEFAULT_PORT = 443
const MAX_PORT = 65_535
const MAX_GROUP_PRIORITY = 20_000
const MAX_VERSION_PRIORITY = 1000
const CONDITIONS = new Path('status').child('conditions')
const STATUSES = ['True', 'False', 'Unknown']

export const apiService = defineKind<Draft<APIService>>({
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  resource: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/apiregistration.k8s.io/apiservices',
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  defaults({ spec }) {
    if (spec?.service) spec.service.port ??= DEFAULT_PORT
  },
  prepareForCreate(draft, { now }) {
    draft.status = draft.spec?.service ? {} : { conditions: [localCondition(now)] }
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  validate,
  *validateUpdate(object, old) {
    yield* plainMetadataUpdate(object, old)
    yield* validate(object)
  },
  status: {
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      keepMetadata(draft, old)
    },
    *validateUpdate(object, old) {
      yield* plainMetadataUpdate(object, old)
      for (const [i, { status = '' }] of (object.status?.conditions ?? []).entries()) {
        if (STATUSES.includes(status)) continue
        yield notSupportedInOrder(CONDITIONS.index(i).child('status'), status, STATUSES)
      }
    },
  },
  columns: [
    nameColumn(),
    column('Service', 'The reference to the service that hosts this API endpoint.', ({ spec }) =>
      spec?.service ? `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}` : 'Local',
    ),
    column('Available', 'Whether this service is available.', availability),
    ageColumn(),
  ],
})

/** What this server serves by itself is there at once. */
const localCondition = (now: number) => ({
  type: 'Available',
  status: 'True',
  lastTransitionTime: formatTime(now),
  reason: 'Local',
  message: 'Local APIServices are always available',
})

function availability({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`
}

function* validate(object: APIService): FieldErrors {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = object.spec ?? {}
  yield* plainMetadata(object, false, (name) => wrongName(name, `${version}.${group}`))
  if (group !== '') yield* dnsSubdomain(SPEC.child('group'), group)
  else if (version !== 'v1') {
    yield required(SPEC.child('group'), 'only v1 may have an empty group and it better be legacy kube')
  }
  yield* each(SPEC.child('version'), version, isDNS1035Label(version))
  yield* priority(SPEC.child('groupPriorityMinimum'), groupPriorityMinimum, MAX_GROUP_PRIORITY)
  yield* priority(SPEC.child('versionPriority'), versionPriority, MAX_VERSION_PRIORITY)
  yield* validateService(object)
}

function wrongName(name: string, wanted: string): readonly string[] {
  const reasons = isPathSegmentName(name)
  if (reasons.length > 0 || name === wanted) return reasons
  return [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`]
}

function* priority(path: Path, value: number, maximum: number): FieldErrors {
  if (value <= 0 || value > maximum) {
    yield invalid(path, value, `must be positive and less than ${maximum}`)
  }
}

function* validateService({ spec }: APIService): FieldErrors {
  const { service, caBundle = '', insecureSkipTLSVerify = false } = spec ?? {}
  const atInsecure = SPEC.child('insecureSkipTLSVerify')
  if (!service) {
    if (caBundle !== '') {
      const shown = `${Buffer.from(caBundle, 'base64').length} bytes`
      yield invalid(SPEC.child('caBundle'), shown, 'local APIServices may not have a caBundle')
    }
    if (insecureSkipTLSVerify) {
      yield invalid(atInsecure, true, 'local APIServices may not have insecureSkipTLSVerify')
    }
    return
  }
  const path = SPEC.child('service')
  for (const name of ['namespace', 'name'] as const) if (!service[name]) yield required(path.child(name))
  const { port = DEFAULT_PORT } = service
  if (port < 1 || port > MAX_PORT) {
    yield invalid(path.child('port'), port, `port is not valid: ${inclusiveRange(1, MAX_PORT)}`)
  }
  if (insecureSkipTLSVerify && caBundle !== '') {
    yield invalid(atInsecure, true, 'may not be true if caBundle is present')
  }
}
