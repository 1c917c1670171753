// The files of configMap, secret, downwardAPI and projected volumes. I/O only through what is handed in.
//
// Upstream: pkg/volume/{configmap,secret,downwardapi,projected}

import { isNotFound } from '#api/meta/status.ts'
import type {
  ConfigMap,
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  ProjectedVolumeSource,
  Secret,
  SecretVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '#api/types/core.ts'
import { type Allocatable, fieldValue, resourceValue } from '#kubelet/containers/field-values.ts'
import { allContainers } from '#kubelet/pods/pod-spec.ts'
import type { VolumeFile } from '#kubelet/volumes/atomic-writer.ts'

export interface PayloadSources {
  configMap(namespace: string, name: string): Promise<ConfigMap>
  secret(namespace: string, name: string): Promise<Secret>
  token(pod: Pod, projection: ServiceAccountTokenProjection): Promise<string>
  readonly allocatable: Allocatable
  readonly hostIPs: readonly string[]
}

type Files = Map<string, VolumeFile>

const DEFAULT_MODE = 0o644
const TOKEN_MODE = 0o600

export async function configMapFiles(
  pod: Pod,
  source: ConfigMapVolumeSource,
  sources: PayloadSources,
): Promise<Files> {
  const { name = '', items, optional, defaultMode } = source
  return configMapPayload(pod, { name, items, optional }, defaultMode ?? DEFAULT_MODE, sources)
}

export async function secretFiles(
  pod: Pod,
  source: SecretVolumeSource,
  sources: PayloadSources,
): Promise<Files> {
  const { secretName = '', items, optional, defaultMode } = source
  return secretPayload(pod, { name: secretName, items, optional }, defaultMode ?? DEFAULT_MODE, sources)
}

interface Wanted {
  readonly name: string
  readonly items: readonly KeyToPath[] | undefined
  readonly optional: boolean | undefined
}

async function configMapPayload(
  pod: Pod,
  wanted: Wanted,
  mode: number,
  sources: PayloadSources,
): Promise<Files> {
  const map = await present(sources.configMap(pod.metadata?.namespace ?? '', wanted.name), wanted)
  const data = new Map<string, Uint8Array>()
  for (const [key, text] of Object.entries(map?.data ?? {})) data.set(key, Buffer.from(text))
  for (const [key, base64] of Object.entries(map?.binaryData ?? {}))
    data.set(key, Buffer.from(base64, 'base64'))
  return chosen(data, wanted, mode, 'configmap references non-existent config key')
}

async function secretPayload(
  pod: Pod,
  wanted: Wanted,
  mode: number,
  sources: PayloadSources,
): Promise<Files> {
  const secret = await present(sources.secret(pod.metadata?.namespace ?? '', wanted.name), wanted)
  const data = new Map<string, Uint8Array>()
  for (const [key, base64] of Object.entries(secret?.data ?? {})) data.set(key, Buffer.from(base64, 'base64'))
  return chosen(data, wanted, mode, 'references non-existent secret key')
}

async function present<T>(object: Promise<T>, { optional }: Wanted): Promise<T | undefined> {
  try {
    return await object
  } catch (error) {
    if (optional && isNotFound(error)) return undefined
    throw error
  }
}

/** All keys under their own names, or those that are listed under the paths that are given. */
function chosen(data: ReadonlyMap<string, Uint8Array>, wanted: Wanted, mode: number, missing: string): Files {
  const files: Files = new Map()
  if (!wanted.items || wanted.items.length === 0) {
    for (const [key, bytes] of data) files.set(key, { data: bytes, mode })
    return files
  }
  for (const { key, path, mode: ownMode } of wanted.items) {
    const bytes = data.get(key)
    if (bytes) files.set(path, { data: bytes, mode: ownMode ?? mode })
    else if (!wanted.optional) throw new Error(`${missing}: ${key}`)
  }
  return files
}

export function downwardFiles(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number | undefined,
  sources: PayloadSources,
): Files {
  const files: Files = new Map()
  for (const item of items) {
    const value = item.fieldRef
      ? fieldValue(pod, item.fieldRef.fieldPath, { podIPs: [], hostIPs: sources.hostIPs })
      : item.resourceFieldRef
        ? resourceValue(pod, undefined, item.resourceFieldRef, sources.allocatable)
        : ''
    files.set(item.path, { data: Buffer.from(value), mode: item.mode ?? defaultMode ?? DEFAULT_MODE })
  }
  return files
}

/** Later sources win. All failures are told together. */
export async function projectedFiles(
  pod: Pod,
  source: ProjectedVolumeSource,
  sources: PayloadSources,
): Promise<Files> {
  const mode = source.defaultMode ?? DEFAULT_MODE
  const results = await Promise.allSettled(
    (source.sources ?? []).map((projection) => projectionFiles(pod, projection, mode, sources)),
  )
  const files: Files = new Map()
  const failures: Error[] = []
  for (const result of results) {
    if (result.status === 'rejected') failures.push(result.reason as Error)
    else for (const [name, file] of result.value) files.set(name, file)
  }
  const [first] = failures
  if (failures.length === 1) throw first
  if (failures.length > 1)
    throw new Error(`[${failures.map((error) => error.message).join(', ')}]`, { cause: first })
  return files
}

async function projectionFiles(
  pod: Pod,
  projection: VolumeProjection,
  mode: number,
  sources: PayloadSources,
): Promise<Files> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = projection
  if (configMap) {
    const { name = '', items, optional } = configMap
    return configMapPayload(pod, { name, items, optional }, mode, sources)
  }
  if (secret) {
    const { name = '', items, optional } = secret
    return secretPayload(pod, { name, items, optional }, mode, sources)
  }
  if (downwardAPI) return downwardFiles(pod, downwardAPI.items ?? [], mode, sources)
  if (serviceAccountToken) {
    const token = await sources.token(pod, serviceAccountToken)
    const uid = commonUser(pod)
    const isPrivate = uid !== undefined || pod.spec?.securityContext?.fsGroup !== undefined
    return new Map([
      [serviceAccountToken.path, { data: Buffer.from(token), mode: isPrivate ? TOKEN_MODE : mode, uid }],
    ])
  }
  throw new Error(`projection of ${Object.keys(projection).join()} is not supported by this kubelet`)
}

/** The user that all containers run as, when the spec names one: only this one may read tokens then. */
function commonUser(pod: Pod): number | undefined {
  const podUser = pod.spec?.securityContext?.runAsUser
  const users = new Set(
    allContainers(pod).map((container) => container.securityContext?.runAsUser ?? podUser),
  )
  return users.size === 1 ? [...users][0] : undefined
}
