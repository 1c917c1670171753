// Which tag an image name means, for the default of imagePullPolicy: `latest` is always pulled.
//
// Upstream: pkg/util/parsers/parsers.go, vendor/github.com/distribution/reference

const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const DOMAIN = `(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const PATH_PART = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*'
const TAG = '[\\w][\\w.-]{0,127}'
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const REFERENCE = new RegExp(`^(${DOMAIN}/${PATH_PART}(?:/${PATH_PART})*)(?::(${TAG}))?(?:@(${DIGEST}))?$`)

const DIGEST_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }
const NAME_MAX_LENGTH = 255

export function imagePullPolicyFor(image: string): 'Always' | 'IfNotPresent' {
  return tagOf(image) === 'latest' ? 'Always' : 'IfNotPresent'
}

/** `latest` when neither tag nor digest is given; undefined for a digest alone, and for no image name at all. */
function tagOf(image: string): string | undefined {
  if (/^[a-f0-9]{64}$/.test(image)) return undefined
  const { domain, rest } = splitDomain(image)
  if (/[A-Z]/.test(rest.split(':')[0]!)) return undefined
  const match = REFERENCE.exec(`${domain}/${rest}`)
  if (!match || match[1]!.length - domain.length - 1 > NAME_MAX_LENGTH) return undefined
  const digest = match[3]
  if (digest === undefined) return match[2] ?? 'latest'
  return isDigest(digest) ? match[2] : undefined
}

function splitDomain(image: string): { domain: string; rest: string } {
  const slash = image.indexOf('/')
  const first = image.slice(0, Math.max(slash, 0))
  const isDomain =
    slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)
  if (isDomain && first !== 'docker.io' && first !== 'index.docker.io') {
    return { domain: first, rest: image.slice(slash + 1) }
  }
  const rest = isDomain ? image.slice(slash + 1) : image
  return { domain: 'docker.io', rest: rest.includes('/') ? rest : `library/${rest}` }
}

function isDigest(digest: string): boolean {
  const [algorithm = '', hex = ''] = digest.split(':')
  return DIGEST_LENGTHS[algorithm] === hex.length && /^[a-f0-9]+$/.test(hex)
}
