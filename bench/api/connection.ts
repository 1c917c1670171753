// How to reach a server: its address and the credentials of an administrator, as PEM.

import { readFile } from 'node:fs/promises'
import { KubeConfig } from '#bench/api/client-library.ts'

export interface Connection {
  /** `https://127.0.0.1:6443` */
  readonly server: string
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/** Reads the current context of a kubeconfig; its user must have a client certificate. */
export async function connectionOf(kubeconfigFile: string): Promise<Connection> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfigFile)
  const cluster = config.getCurrentCluster()
  const user = config.getCurrentUser()
  if (!cluster || !user) throw new Error(`${kubeconfigFile} has no current context`)
  return {
    server: cluster.server,
    authority: await pem(cluster.caData, cluster.caFile),
    certificate: await pem(user.certData, user.certFile),
    key: await pem(user.keyData, user.keyFile),
  }
}

async function pem(data: string | undefined, file: string | undefined): Promise<string> {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  if (file !== undefined) return readFile(file, 'utf8')
  throw new Error('the kubeconfig has no authority or no client certificate')
}
