// Credentials for a registry out of a pod's imagePullSecrets. Pure.
//
// Upstream: pkg/credentialprovider/{keyring,secrets}.go. Left out: credential provider plugins.

import type { Secret } from '#api/types/core.ts'
import type { AuthConfig } from '#kubelet/cri/types.ts'

interface DockerEntry {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
}

/** Those that fit the repository, the most specific first. */
export function credentialsFor(repository: string, secrets: readonly Secret[]): readonly AuthConfig[] {
  const found: { prefix: string; auth: AuthConfig }[] = []
  for (const [place, entry] of secrets.flatMap(entriesOf)) {
    const prefix = normalized(place)
    if (matches(repository, prefix)) found.push({ prefix, auth: authOf(entry, place) })
  }
  return found.sort((a, b) => b.prefix.length - a.prefix.length).map(({ auth }) => auth)
}

function entriesOf(secret: Secret): readonly (readonly [string, DockerEntry])[] {
  const current = secret.data?.['.dockerconfigjson']
  const legacy = secret.data?.['.dockercfg']
  try {
    if (current !== undefined) {
      const { auths = {} } = JSON.parse(decoded(current)) as { auths?: Record<string, DockerEntry> }
      return Object.entries(auths)
    }
    if (legacy !== undefined)
      return Object.entries(JSON.parse(decoded(legacy)) as Record<string, DockerEntry>)
  } catch {
    // What cannot be read authenticates nobody; the pull says that it was refused.
  }
  return []
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')

/** `https://index.docker.io/v1/` and `docker.io` are the same place. */
function normalized(place: string): string {
  const bare = place
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/$/, '')
  return bare === 'index.docker.io' || bare === 'registry-1.docker.io' ? 'docker.io' : bare
}

/** A host may begin with `*.` parts; a path has to be a prefix in whole parts. */
function matches(repository: string, prefix: string): boolean {
  const [host = '', ...path] = repository.split('/')
  const [wantedHost = '', ...wantedPath] = prefix.split('/')
  const labels = host.split('.')
  const wanted = wantedHost.split('.')
  const sameHost =
    labels.length === wanted.length && wanted.every((label, i) => label === '*' || label === labels[i])
  return sameHost && wantedPath.every((part, i) => part === path[i])
}

function authOf({ username, password, auth }: DockerEntry, serverAddress: string): AuthConfig {
  const [user = '', ...rest] = auth ? decoded(auth).split(':') : []
  return { username: username ?? user, password: password ?? rest.join(':'), serverAddress }
}
