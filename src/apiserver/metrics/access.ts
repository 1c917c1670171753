// What is counted of access: who was recognised, who was allowed, and how long admission took, plugin by plugin.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/metrics.go, .../pkg/admission/metrics/metrics.go,
// .../pkg/authentication/request/x509/x509.go

import { X509Certificate } from 'node:crypto'
import type { Registry } from 'prom-client'
import type { AdmissionMeasure } from '#apiserver/admission/chain.ts'
import type { Authentication } from '#apiserver/authentication/chain.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import type { Clock } from '#sys/clock.ts'
import { counters, type Histogram, histograms } from '#sys/series.ts'

/** From 1 ms, each twice the one before. */
const ACCESS_BOUNDS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i)
const ADMISSION_BOUNDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
const HOUR = 3_600
const DAY = 24 * HOUR
const EXPIRY_BOUNDS = [
  0,
  HOUR / 2,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  4 * DAY,
  7 * DAY,
  30 * DAY,
  90 * DAY,
  180 * DAY,
  365 * DAY,
]
/** Users who are named; all others are one. */
const NAMED_USERS = new Set(['admin', 'kube_proxy', 'client'])

/** The same authentication, counted. */
export function measuredAuthentication(
  registry: Registry,
  inner: Authentication,
  clock: Clock,
): Authentication {
  const attempts = counters(registry, 'authentication_attempts', 'Authentications, by result.', 'result')
  const users = counters(
    registry,
    'authenticated_user_requests',
    'Authenticated requests by user.',
    'username',
  )
  const duration = histograms(
    registry,
    'authentication_duration_seconds',
    'How long authentication took.',
    ACCESS_BOUNDS,
    'result',
  )
  const expiry = histograms(
    registry,
    'apiserver_client_certificate_expiration_seconds',
    'How long certificates of clients are still good, at each request.',
    EXPIRY_BOUNDS,
  ).of()
  const results = ['success', 'failure'].map((result) => ({
    attempts: attempts.of(result),
    duration: duration.of(result),
  }))
  const other = users.of('other')
  const endings = new WeakMap<Uint8Array, number>()

  function endOf(leaf: Uint8Array): number {
    const known = endings.get(leaf)
    if (known !== undefined) return known
    const end = Date.parse(new X509Certificate(leaf).validTo)
    endings.set(leaf, end)
    return end
  }

  return {
    async authenticate(head) {
      const startMs = clock.monotonic()
      let result = results[1]!
      try {
        const user = await inner.authenticate(head)
        result = results[0]!
        const cell = NAMED_USERS.has(user.name) ? users.of(user.name) : other
        cell.value++
        const leaf = head.clientCertificates?.[0]
        if (leaf) expiry.observe((endOf(leaf) - clock.now()) / 1000)
        return user
      } finally {
        result.attempts.value++
        result.duration.observe((clock.monotonic() - startMs) / 1000)
      }
    },
  }
}

/** The same authorization, counted. */
export function measuredAuthorization(registry: Registry, inner: Authorization, clock: Clock): Authorization {
  const attempts = counters(registry, 'authorization_attempts_total', 'Authorizations, by result.', 'result')
  const duration = histograms(
    registry,
    'authorization_duration_seconds',
    'How long authorization took.',
    ACCESS_BOUNDS,
    'result',
  )
  const results = {
    allow: { attempts: attempts.of('allowed'), duration: duration.of('allowed') },
    deny: { attempts: attempts.of('denied'), duration: duration.of('denied') },
    'no-opinion': { attempts: attempts.of('no-opinion'), duration: duration.of('no-opinion') },
  }
  return {
    require: (user, info) => inner.require(user, info),
    async authorize(user, info) {
      const startMs = clock.monotonic()
      const decision = await inner.authorize(user, info)
      const result = results[decision.decision]
      result.attempts.value++
      result.duration.observe((clock.monotonic() - startMs) / 1000)
      return decision
    },
  }
}

/** Counts what admission reports: each plugin, and each of the two steps as a whole. */
export function admissionMeasure(registry: Registry, clock: Clock): AdmissionMeasure {
  const labels = ['type', 'operation', 'rejected']
  const steps = histograms(
    registry,
    'apiserver_admission_step_admission_duration_seconds',
    'How long all plugins of a step took together.',
    ADMISSION_BOUNDS,
    ...labels,
  )
  const controllers = histograms(
    registry,
    'apiserver_admission_controller_admission_duration_seconds',
    'How long each admission plugin took.',
    ADMISSION_BOUNDS,
    'name',
    ...labels,
  )
  const known = new Map<string, Histogram>()
  return {
    now: () => clock.monotonic(),
    done(plugin, type, operation, isRejected, startMs) {
      const key = `${plugin ?? ''} ${type} ${operation} ${isRejected}`
      let series = known.get(key)
      if (!series) {
        const values = [type, operation, String(isRejected)]
        series = plugin === undefined ? steps.of(...values) : controllers.of(plugin, ...values)
        known.set(key, series)
      }
      series.observe((clock.monotonic() - startMs) / 1000)
    },
  }
}
