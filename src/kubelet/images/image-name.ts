// Image names: host, path, tag and digest, and the names that containerd means by short ones. Pure.
//
// Upstream: pkg/util/parsers/parsers.go; the grammar is that of github.com/distribution/reference

export interface ImageName {
  /** `docker.io/library/busybox` */
  readonly repository: string
  readonly tag: string
  readonly digest: string
}

const HOST = String.raw`(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?`
const PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
const NAME = new RegExp(
  String.raw`^((?:${HOST}/)?${PART}(?:/${PART})*)(?::(\w[\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
)
const MAX_REPOSITORY_LENGTH = 255

/** Takes a name apart; throws in the words that a container's status shows. */
export function parseImageName(image: string): ImageName {
  const fail = (why: string): never => {
    throw new Error(`couldn't parse image name "${image}": ${why}`)
  }
  if (/^[a-f0-9]{64}$/.test(image)) {
    fail(`invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`)
  }
  const { host, remote } = split(image)
  const withoutTag = remote.split(':')[0]?.split('@')[0] ?? ''
  if (withoutTag.toLowerCase() !== withoutTag) {
    fail(`invalid reference format: repository name (${withoutTag}) must be lowercase`)
  }
  const [, repository, tag, digest = ''] = NAME.exec(`${host}/${remote}`) ?? []
  if (repository === undefined) return fail('invalid reference format')
  if (repository.length - host.length - 1 > MAX_REPOSITORY_LENGTH) {
    fail(`repository name must not be more than ${MAX_REPOSITORY_LENGTH} characters`)
  }
  return { repository, tag: tag ?? (digest === '' ? 'latest' : ''), digest }
}

/** A first part with a dot, a port or an upper-case letter is a host; all else is Docker Hub's. */
function split(image: string): { host: string; remote: string } {
  const slash = image.indexOf('/')
  const first = image.slice(0, Math.max(0, slash))
  const isHost = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)
  const host = isHost ? first : 'docker.io'
  const remote = isHost ? image.slice(slash + 1) : image
  const name = host === 'index.docker.io' ? 'docker.io' : host
  return { host: name, remote: name === 'docker.io' && !remote.includes('/') ? `library/${remote}` : remote }
}

/** The name under which a runtime keeps the image: with host, and with tag or digest. */
export function fullImageName(image: string): string {
  const { repository, tag, digest } = parseImageName(image)
  return digest === '' ? `${repository}:${tag}` : `${repository}@${digest}`
}

/** The name with `:latest` where it has neither tag nor digest; otherwise as it was written. */
export function withDefaultTag(image: string): string {
  const { tag, digest } = parseImageName(image)
  return digest === '' && tag !== '' && !image.endsWith(`:${tag}`) ? `${image}:${tag}` : image
}
