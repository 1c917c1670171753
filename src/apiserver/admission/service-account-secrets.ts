// Which Secrets a pod may refer to, for service accounts that restrict it by annotation (deprecated). Pure.
//
// Upstream: plugin/pkg/admission/serviceaccount/admission.go (limitSecretReferences)

import type { Container, Pod, ServiceAccount } from '#api/types/core.ts'

const ANNOTATION = 'kubernetes.io/enforce-mountable-secrets'
/** What Go's ParseBool takes for true. */
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])

/** Why the pod may not be, or undefined. */
export function secretReferenceFault(
  account: ServiceAccount,
  pod: Pod,
  onlyEphemeralContainers: boolean,
): string | undefined {
  if (!TRUE.has(account.metadata?.annotations?.[ANNOTATION] ?? '')) return undefined
  const name = account.metadata?.name ?? ''
  const mountable = new Set((account.secrets ?? []).map((ref) => ref.name))
  const spec = pod.spec ?? { containers: [] }
  const suffix = `is not allowed because service account ${name} does not reference that`
  if (onlyEphemeralContainers) {
    return containerFault(
      'ephemeral container',
      (spec.ephemeralContainers ?? []) as readonly Container[],
      mountable,
      suffix,
    )
  }
  for (const volume of spec.volumes ?? []) {
    const secret = volume.secret?.secretName
    if (volume.secret && !mountable.has(secret))
      return `volume with secret.secretName="${secret ?? ''}" ${suffix} secret`
  }
  const fault =
    containerFault('init container', spec.initContainers ?? [], mountable, suffix) ??
    containerFault('container', spec.containers ?? [], mountable, suffix)
  if (fault) return fault
  const pullable = new Set((account.imagePullSecrets ?? []).map((ref) => ref.name))
  for (const [index, ref] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pullable.has(ref.name))
      return `imagePullSecrets[${index}].name="${ref.name ?? ''}" ${suffix} imagePullSecret`
  }
  return undefined
}

function containerFault(
  kind: string,
  containers: readonly Container[],
  mountable: ReadonlySet<string | undefined>,
  suffix: string,
): string | undefined {
  for (const container of containers) {
    for (const variable of container.env ?? []) {
      const ref = variable.valueFrom?.secretKeyRef
      if (ref && !mountable.has(ref.name)) {
        return `${kind} ${container.name} with envVar ${variable.name} referencing secret.secretName="${ref.name ?? ''}" ${suffix} secret`
      }
    }
    for (const { secretRef } of container.envFrom ?? []) {
      if (secretRef && !mountable.has(secretRef.name)) {
        return `${kind} ${container.name} with envFrom referencing secret.secretName="${secretRef.name ?? ''}" ${suffix} secret`
      }
    }
  }
  return undefined
}
