// Handlers that the kubelet calls in a container's life: probes, and the hooks after start and before stop.
//
// Upstream: validateHandler, validateProbe, validateLifecycle in pkg/apis/core/validation/validation.go

import { forbidden, invalid, type Path, required } from '#api/meta/field-error.ts'
import { each, type FieldErrors, nonnegative, oneOf } from '#api/meta/validation.ts'
import { isHTTPHeaderName, portNumberOrName } from '#api/meta/validation-formats.ts'
import type {
  Container,
  EphemeralContainer,
  HTTPGetAction,
  Lifecycle,
  LifecycleHandler,
  Probe,
} from '#api/types/core.ts'

type Handler = Pick<Probe & LifecycleHandler, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc' | 'sleep'>

/** The three probes of a container; `graceSeconds` is the pod's. */
export function* validateProbes(
  container: Container | EphemeralContainer,
  graceSeconds: number | undefined,
  path: Path,
): FieldErrors {
  const { livenessProbe, readinessProbe, startupProbe } = container
  if (livenessProbe) {
    yield* validateProbe(livenessProbe, graceSeconds, path.child('livenessProbe'))
    yield* oneSuccess(livenessProbe, path.child('livenessProbe'))
  }
  if (readinessProbe) {
    const at = path.child('readinessProbe')
    yield* validateProbe(readinessProbe, graceSeconds, at)
    const seconds = readinessProbe.terminationGracePeriodSeconds
    if (seconds !== undefined) {
      const text = 'must not be set for readinessProbes'
      yield invalid(at.child('terminationGracePeriodSeconds'), seconds, text)
    }
  }
  if (startupProbe) {
    yield* validateProbe(startupProbe, graceSeconds, path.child('startupProbe'))
    yield* oneSuccess(startupProbe, path.child('startupProbe'))
  }
}

function* oneSuccess(probe: Probe, path: Path): FieldErrors {
  const threshold = probe.successThreshold ?? 0
  if (threshold !== 1) yield invalid(path.child('successThreshold'), threshold, 'must be 1')
}

function* validateProbe(probe: Probe, graceSeconds: number | undefined, path: Path): FieldErrors {
  yield* validateHandler(probe, graceSeconds, path)
  yield* nonnegative(path.child('initialDelaySeconds'), probe.initialDelaySeconds)
  yield* nonnegative(path.child('timeoutSeconds'), probe.timeoutSeconds)
  yield* nonnegative(path.child('periodSeconds'), probe.periodSeconds)
  yield* nonnegative(path.child('successThreshold'), probe.successThreshold)
  yield* nonnegative(path.child('failureThreshold'), probe.failureThreshold)
  const seconds = probe.terminationGracePeriodSeconds
  if (seconds !== undefined && seconds <= 0) {
    yield invalid(path.child('terminationGracePeriodSeconds'), seconds, 'must be greater than 0')
  }
}

export function* validateLifecycle(
  lifecycle: Lifecycle,
  graceSeconds: number | undefined,
  path: Path,
): FieldErrors {
  if (lifecycle.postStart) yield* validateHandler(lifecycle.postStart, graceSeconds, path.child('postStart'))
  if (lifecycle.preStop) yield* validateHandler(lifecycle.preStop, graceSeconds, path.child('preStop'))
}

/** Exactly one way to call; of several the first counts. */
function* validateHandler(handler: Handler, graceSeconds: number | undefined, path: Path): FieldErrors {
  let found = false
  for (const name of ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const) {
    if (handler[name] === undefined) continue
    if (found) yield forbidden(path.child(name), 'may not specify more than 1 handler type')
    else yield* validateAction(handler, name, graceSeconds, path.child(name))
    found = true
  }
  if (!found) yield required(path, 'must specify a handler type')
}

function* validateAction(
  handler: Handler,
  name: keyof Handler,
  graceSeconds: number | undefined,
  path: Path,
): FieldErrors {
  switch (name) {
    case 'exec':
      if ((handler.exec?.command ?? []).length === 0) yield required(path.child('command'))
      break
    case 'httpGet':
      yield* validateHttpGet(handler.httpGet!, path)
      break
    case 'tcpSocket':
      yield* portNumberOrName(path.child('port'), handler.tcpSocket?.port)
      break
    case 'grpc':
      yield* portNumberOrName(path.child('port'), handler.grpc?.port)
      break
    case 'sleep': {
      const seconds = handler.sleep?.seconds ?? 0
      if (graceSeconds !== undefined && (seconds < 0 || seconds > graceSeconds)) {
        const text = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`
        yield invalid(path, seconds, text)
      }
    }
  }
}

function* validateHttpGet(action: HTTPGetAction, path: Path): FieldErrors {
  if (!action.path) yield required(path.child('path'))
  yield* portNumberOrName(path.child('port'), action.port)
  yield* oneOf(path.child('scheme'), action.scheme, ['HTTP', 'HTTPS'])
  for (const { name } of action.httpHeaders ?? []) {
    yield* each(path.child('httpHeaders'), name, isHTTPHeaderName(name))
  }
}
