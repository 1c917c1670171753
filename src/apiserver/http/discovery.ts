// TEMP discovery until api/schema brings its own.
import type { KindDefinition } from '#api/kinds/kind.ts'
import { apiVersionOf } from '#api/meta/object.ts'
import type { Handler } from '#apiserver/pipeline.ts'
import { verbsOf } from '#apiserver/registry/catalog.ts'

export function discoveryPaths(kinds: readonly KindDefinition[]): (path: string) => Handler | undefined {
  const docs = new Map<string, object>()
  docs.set('/api', {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' }],
  })
  const groups = new Map<string, Set<string>>()
  for (const k of kinds)
    for (const v of k.versions) {
      const s = groups.get(k.group) ?? new Set()
      s.add(v)
      groups.set(k.group, s)
    }
  const groupDocs: object[] = []
  for (const [g, vs] of groups) {
    for (const v of vs) {
      const resources: object[] = []
      for (const k of kinds) {
        if (k.group !== g || !k.versions.includes(v)) continue
        const base = { namespaced: k.namespaced, kind: k.kind, singularName: '' }
        resources.push({
          name: k.resource,
          ...base,
          singularName: k.singular,
          verbs: verbsOf(k),
          ...(k.shortNames && { shortNames: k.shortNames }),
          ...(k.categories && { categories: k.categories }),
        })
        if (k.status)
          resources.push({ name: `${k.resource}/status`, ...base, verbs: ['get', 'patch', 'update'] })
        if (k.scale)
          resources.push({
            name: `${k.resource}/scale`,
            ...base,
            group: 'autoscaling',
            version: 'v1',
            kind: 'Scale',
            verbs: ['get', 'patch', 'update'],
          })
      }
      docs.set(g ? `/apis/${g}/${v}` : `/api/${v}`, {
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: apiVersionOf(g, v),
        resources,
      })
    }
    if (!g) continue
    const versions = [...vs].map((v) => ({ groupVersion: `${g}/${v}`, version: v }))
    const doc = { name: g, versions, preferredVersion: versions[0] }
    docs.set(`/apis/${g}`, { kind: 'APIGroup', apiVersion: 'v1', ...doc })
    groupDocs.push(doc)
  }
  docs.set('/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: groupDocs })
  return (path) => {
    const doc = docs.get(path)
    return (
      doc &&
      (async () => ({
        type: 'raw',
        code: 200,
        headers: { 'content-type': 'application/json' },
        body: `${JSON.stringify(doc)}\n`,
      }))
    )
  }
}
