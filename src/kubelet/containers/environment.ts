// The environment of a container: envFrom, then env in order with $(NAME) expansion, then Services.
//
// What is referred to and not there stops the container with CreateContainerConfigError, unless it is optional.
// Upstream: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables)

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isNotFound } from '#api/meta/status.ts'
import type {
  ConfigMap,
  Container,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  Pod,
  Secret,
  Service,
} from '#api/types/core.ts'
import { expand, lookupIn } from '#kubelet/containers/expansion.ts'
import {
  type Allocatable,
  fieldValue,
  type PodAddresses,
  resourceValue,
} from '#kubelet/containers/field-values.ts'
import { serviceEnvironment } from '#kubelet/containers/service-environment.ts'

export interface EnvironmentSources {
  /** Reject with NotFound when there is none. */
  configMap(namespace: string, name: string): Promise<ConfigMap>
  secret(namespace: string, name: string): Promise<Secret>
  services(): readonly Service[]
  readonly allocatable: Allocatable
  /** Host path of a volume of the pod, for fileKeyRef. */
  volumePath(volumeName: string): string | undefined
}

/** Names to values. */
export type Environment = ReadonlyMap<string, string>

export async function containerEnvironment(
  pod: Pod,
  container: Container,
  addresses: PodAddresses,
  sources: EnvironmentSources,
): Promise<Environment> {
  const namespace = pod.metadata?.namespace ?? ''
  const links = serviceEnvironment(sources.services(), namespace, pod.spec?.enableServiceLinks ?? true)
  const environment = new Map<string, string>()
  for (const source of container.envFrom ?? []) await addAll(environment, namespace, source, sources)
  const lookup = lookupIn(environment, links)
  for (const variable of container.env ?? []) {
    const value = variable.value
      ? expand(variable.value, lookup)
      : await referredValue(pod, container, variable, addresses, sources)
    if (value !== undefined) environment.set(variable.name, value)
  }
  for (const [name, value] of links) if (!environment.has(name)) environment.set(name, value)
  return environment
}

async function addAll(
  environment: Map<string, string>,
  namespace: string,
  source: EnvFromSource,
  sources: EnvironmentSources,
): Promise<void> {
  const prefix = source.prefix ?? ''
  if (source.configMapRef) {
    const { name = '', optional } = source.configMapRef
    const map = await unlessOptional(sources.configMap(namespace, name), optional)
    for (const [key, value] of Object.entries(map?.data ?? {})) environment.set(prefix + key, value)
  } else if (source.secretRef) {
    const { name = '', optional } = source.secretRef
    const secret = await unlessOptional(sources.secret(namespace, name), optional)
    for (const [key, value] of Object.entries(secret?.data ?? {}))
      environment.set(prefix + key, decoded(value))
  }
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')

/** Undefined when the object is not there and need not be. */
async function unlessOptional<T>(
  object: Promise<T>,
  isOptional: boolean | undefined,
): Promise<T | undefined> {
  try {
    return await object
  } catch (error) {
    if (isOptional && isNotFound(error)) return undefined
    throw error
  }
}

/** Undefined leaves the variable out; '' is a value. */
async function referredValue(
  pod: Pod,
  container: Container,
  variable: EnvVar,
  addresses: PodAddresses,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  const from = variable.valueFrom
  if (!from) return ''
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath, addresses)
  if (from.resourceFieldRef) return resourceValue(pod, container, from.resourceFieldRef, sources.allocatable)
  return keyValue(pod.metadata?.namespace ?? '', from, sources)
}

async function keyValue(
  namespace: string,
  from: EnvVarSource,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef
    const map = await unlessOptional(sources.configMap(namespace, name), optional)
    const value = map?.data?.[key]
    if (value === undefined && !optional)
      throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`)
    return value
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef
    const secret = await unlessOptional(sources.secret(namespace, name), optional)
    const value = secret?.data?.[key]
    if (value === undefined && !optional)
      throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`)
    return value === undefined ? undefined : decoded(value)
  }
  return from.fileKeyRef ? fileValue(from.fileKeyRef, sources) : ''
}

async function fileValue(
  { volumeName, path: file, key, optional }: NonNullable<EnvVarSource['fileKeyRef']>,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  const volume = sources.volumePath(volumeName)
  if (volume === undefined) throw new Error(`cannot find the volume "${volumeName}" referenced by FileKeyRef`)
  const full = path.join(volume, path.normalize(`/${file}`))
  const text = await readFile(full, 'utf8').catch(() => {
    throw new Error("couldn't parse env file")
  })
  const value = parseEnvironmentFile(text).get(key)
  if (value === undefined && !optional)
    throw new Error(`environment variable key "${key}" not found in file "${full}"`)
  return value
}

/** Lines `NAME='value'`; comments and empty lines do not count. */
function parseEnvironmentFile(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s*([^#=\s][^=\s]*)='([\s\S]*)'\s*$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) values.set(name, value)
  }
  return values
}
