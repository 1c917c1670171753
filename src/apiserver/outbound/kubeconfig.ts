// A kubeconfig file as the address of a webhook: where it is, whom to trust, who we are.
//
// Paths in the file are relative to it. Upstream: staging/src/k8s.io/client-go/tools/clientcmd
// Left out: exec and auth-provider plugins

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseYaml } from '#api/codec/yaml.ts'
import type { HttpsTarget } from '#sys/https.ts'

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly Named<'context', { readonly cluster?: string; readonly user?: string }>[]
  readonly clusters?: readonly Named<'cluster', Fields>[]
  readonly users?: readonly Named<'user', Fields>[]
}

type Named<Key extends string, Value> = { readonly name: string } & { readonly [K in Key]?: Value }
type Fields = Readonly<Record<string, string | boolean | undefined>>

/** Reads the file; throws an Error that says what is wrong with it. */
export async function readKubeconfigTarget(file: string): Promise<HttpsTarget> {
  const config = (parseYaml(await readFile(file, 'utf8')) ?? {}) as Kubeconfig
  const contextName = config['current-context'] ?? ''
  const context = config.contexts?.find(({ name }) => name === contextName)?.context
  const clusterName = context?.cluster ?? (config.clusters?.length === 1 ? config.clusters[0]!.name : '')
  const cluster = config.clusters?.find(({ name }) => name === clusterName)?.cluster
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {}
  if (contextName !== '' && !context)
    throw new Error(`context was not found for specified context: ${contextName}`)
  if (!cluster) throw new Error('invalid configuration: no configuration has been provided')
  const url = textOf(cluster, 'server')
  if (!url?.startsWith('https://')) {
    throw new Error(
      `the server of cluster ${JSON.stringify(clusterName)} has to be an https URL, not ${JSON.stringify(url ?? '')}`,
    )
  }
  const ca = await pemOf(cluster, 'certificate-authority', file)
  const cert = await pemOf(user, 'client-certificate', file)
  const key = await pemOf(user, 'client-key', file)
  const authorization = await authorizationOf(user, file)
  const serverName = textOf(cluster, 'tls-server-name')
  return {
    url,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { serverName }),
    ...(cluster['insecure-skip-tls-verify'] === true && { isInsecure: true }),
    ...(authorization !== undefined && { headers: { authorization } }),
  }
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Inline (`NAME-data`, base64) before the file that `NAME` names. */
async function pemOf(fields: Fields, name: string, file: string): Promise<string | undefined> {
  const inline = textOf(fields, `${name}-data`)
  if (inline !== undefined) return Buffer.from(inline, 'base64').toString('utf8')
  const named = textOf(fields, name)
  return named === undefined ? undefined : readFile(path.resolve(path.dirname(file), named), 'utf8')
}

async function authorizationOf(user: Fields, file: string): Promise<string | undefined> {
  const tokenFile = textOf(user, 'tokenFile')
  const token = tokenFile
    ? (await readFile(path.resolve(path.dirname(file), tokenFile), 'utf8')).trim()
    : textOf(user, 'token')
  if (token !== undefined) return `Bearer ${token}`
  const name = textOf(user, 'username')
  if (name === undefined) return undefined
  return `Basic ${Buffer.from(`${name}:${textOf(user, 'password') ?? ''}`).toString('base64')}`
}
