// Which labels a kubelet may set on its own Node: by choosing labels a node chooses which pods come to it. Pure.
//
// Upstream: staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go, plugin/pkg/admission/noderestriction/admission.go

type Labels = Readonly<Record<string, string>> | undefined

const KUBELET_LABELS = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const KUBELET_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io']

/** The labels that differ and that only others may set, in alphabetical order. */
export function forbiddenLabelChanges(now: Labels, before: Labels): readonly string[] {
  const keys = new Set([...Object.keys(now ?? {}), ...Object.keys(before ?? {})])
  return [...keys].filter((key) => now?.[key] !== before?.[key] && isForbidden(key)).sort()
}

function isForbidden(key: string): boolean {
  const slash = key.indexOf('/')
  const namespace = slash < 0 ? '' : key.slice(0, slash)
  const isIn = (domain: string) => namespace === domain || namespace.endsWith(`.${domain}`)
  if (isIn('node-restriction.kubernetes.io')) return true
  const isReserved = isIn('kubernetes.io') || isIn('k8s.io')
  return isReserved && !KUBELET_LABELS.has(key) && !KUBELET_NAMESPACES.some(isIn)
}
