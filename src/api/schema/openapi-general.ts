// The paths of OpenAPI that belong to no group version, and which kinds a type is.

import type { GroupVersionKind, JsonObject } from '#api/meta/object.ts'
import { groupTag, type Operation } from '#api/schema/openapi-operations.ts'
import type { PathItem } from '#api/schema/openapi-paths.ts'
import type { ServedGroup } from '#api/schema/resources.ts'
import { typeSchema } from '#api/schema/schema.ts'

const get = (
  id: string,
  tag: string,
  description: string,
  answer: string,
  media: Operation['media'] = 'object',
): Operation => ({
  method: 'get',
  id,
  tag,
  description,
  parameters: [],
  responses: { 200: answer },
  media,
})

/** Documents of OpenAPI v3 beside those of the group versions: name → paths. */
export function generalPaths(groups: readonly ServedGroup[]): ReadonlyMap<string, readonly PathItem[]> {
  const found = new Map<string, readonly PathItem[]>()
  const add = (name: string, operation: Operation): void => {
    found.set(name, [{ path: `/${name}/`, operations: [operation] }])
  }
  add(
    '.well-known/openid-configuration',
    get(
      'getServiceAccountIssuerOpenIDConfiguration',
      'WellKnown',
      "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
      'string',
      'json',
    ),
  )
  add('api', get('getCoreAPIVersions', 'core', 'get available API versions', 'meta.v1.APIVersions'))
  add('apis', get('getAPIVersions', 'apis', 'get available API versions', 'meta.v1.APIGroupList'))
  for (const { name } of groups) {
    if (name === '') continue
    const tag = groupTag(name)
    const id = `get${tag.charAt(0).toUpperCase()}${tag.slice(1)}APIGroup`
    add(`apis/${name}`, get(id, tag, 'get information of a group', 'meta.v1.APIGroup'))
  }
  add(
    'openid/v1/jwks',
    get(
      'getServiceAccountIssuerOpenIDKeyset',
      'openid',
      'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
      'string',
      'json',
    ),
  )
  add(
    'version',
    get('getCodeVersion', 'version', 'get the version information for this server', 'version', 'json'),
  )
  return found
}

/** `/version` answers with this; it is no Kubernetes object. */
export const VERSION_INFO_NAME = 'io.k8s.apimachinery.pkg.version.Info'

const VERSION_FIELDS = [
  'major',
  'minor',
  'gitVersion',
  'gitCommit',
  'gitTreeState',
  'buildDate',
  'goVersion',
  'compiler',
  'platform',
]
const OPTIONAL_VERSION_FIELDS = [
  'emulationMajor',
  'emulationMinor',
  'minCompatibilityMajor',
  'minCompatibilityMinor',
]

/** `withDefaults` for OpenAPI v3. */
export function versionInfoDefinition(withDefaults: boolean): JsonObject {
  const required = VERSION_FIELDS.map(
    (name) => [name, { type: 'string', ...(withDefaults && { default: '' }) }] as const,
  )
  const optional = OPTIONAL_VERSION_FIELDS.map((name) => [name, { type: 'string' }] as const)
  return {
    description: 'Which version of Kubernetes this server is, and how it was built.',
    type: 'object',
    required: VERSION_FIELDS,
    properties: Object.fromEntries([...required, ...optional]),
  }
}

/** Types that every group version has. */
const IN_EVERY_VERSION: ReadonlySet<string> = new Set(['meta.v1.DeleteOptions', 'meta.v1.WatchEvent'])

/** Gives the kinds that a type is; `shared` are the group versions for the types that every one has. */
export function kindFinder(
  groups: readonly ServedGroup[],
  shared: readonly { readonly group: string; readonly version: string }[],
): (name: string) => readonly GroupVersionKind[] {
  const groupOfFolder = new Map(
    groups.map(({ name }) => [name === '' ? 'core' : (name.split('.')[0] ?? ''), name]),
  )
  return (name) => {
    const hasTypeMeta = typeSchema(name)?.embeddedStructs.some(
      ({ schema }) => schema.name === 'meta.v1.TypeMeta',
    )
    if (!hasTypeMeta && !IN_EVERY_VERSION.has(name)) return []
    const [folder = '', version = '', kind = ''] = name.split('.')
    if (folder !== 'meta') return [{ group: groupOfFolder.get(folder) ?? folder, kind, version }]
    const core = { group: '', kind, version: 'v1' }
    if (!IN_EVERY_VERSION.has(name)) return [core]
    const others = shared.filter(({ group }) => group !== '')
    return [core, ...others.map((entry) => ({ group: entry.group, kind, version: entry.version }))]
  }
}
