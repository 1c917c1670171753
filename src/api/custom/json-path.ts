// Paths into objects as printer columns, scales and selectable fields write them: `.spec.replicas`,
// `.status.conditions[?(@.type=="Ready")].status`, `.spec.ports[0]`, `.metadata.labels['a\.b']`.
//
// A path is read once and asked of many objects. Upstream: staging/src/k8s.io/client-go/util/jsonpath
// Left out: what those never need (ranges of lists, unions, recursive descent)

type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'all' }
  | { readonly type: 'filter'; readonly path: JsonPath; readonly operator: string; readonly value: string }

/** Gives all values that the path finds. */
export type JsonPath = (value: unknown) => readonly unknown[]

const FILTER = /^\?\(\s*@(?<path>[^=!<>\s]*)\s*(?<operator>==|!=)\s*(?<value>.*?)\s*\)$/

/** Reads a path; what is no path finds nothing. */
export function jsonPath(text: string): JsonPath {
  const steps = stepsOf(text.replace(/^\{(.*)\}$/s, '$1').replace(/^\$/, ''))
  return (value) =>
    steps?.reduce<readonly unknown[]>((found, step) => found.flatMap((one) => take(one, step)), [value]) ?? []
}

function stepsOf(text: string): readonly Step[] | undefined {
  const steps: Step[] = []
  let rest = text
  while (rest !== '') {
    const field = /^\.?((?:\\.|[^.[\]\\])+)/.exec(rest)
    const bracket = /^\.?\[((?:'[^']*'|"[^"]*"|[^\]'"])*)\]/.exec(rest)
    const step = bracket ? bracketStep(bracket[1]!) : field && nameStep(field[1]!)
    if (!step) return rest === '.' ? steps : undefined
    steps.push(step)
    rest = rest.slice((bracket ?? field)![0].length)
  }
  return steps
}

const nameStep = (name: string): Step =>
  name === '*' ? { type: 'all' } : { type: 'field', name: name.replace(/\\(.)/g, '$1') }

function bracketStep(inner: string): Step | undefined {
  if (inner === '*') return { type: 'all' }
  if (/^-?\d+$/.test(inner)) return { type: 'index', index: Number(inner) }
  const quoted = /^'(.*)'$|^"(.*)"$/.exec(inner)
  if (quoted) return nameStep(quoted[1] ?? quoted[2] ?? '')
  const { path, operator, value } = FILTER.exec(inner)?.groups ?? {}
  if (path === undefined || operator === undefined || value === undefined) return undefined
  return { type: 'filter', path: jsonPath(path), operator, value: value.replace(/^(['"])(.*)\1$/, '$2') }
}

function take(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const found = (one: unknown): readonly unknown[] => (one === undefined ? [] : [one])
  switch (step.type) {
    case 'field':
      return Object.hasOwn(value, step.name) ? found((value as Record<string, unknown>)[step.name]) : []
    case 'index':
      return Array.isArray(value) ? found(value.at(step.index)) : []
    case 'all':
      return Object.values(value)
    case 'filter':
      return Object.values(value).filter((item) => {
        const isEqual = step.path(item).some((one) => String(one) === step.value)
        return step.operator === '==' ? isEqual : !isEqual
      })
  }
}
