// Metrics in the text format of Prometheus, read. Pure.
//
// https://prometheus.io/docs/instrumenting/exposition_formats

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g
const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' }

/** The samples of these names, in the order of the text; what is no sample, or no number, is passed over. */
export function readSamples(text: string, names: ReadonlySet<string>): readonly Sample[] {
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', written = ''] = line.startsWith('#') ? [] : (LINE.exec(line) ?? [])
    const value = Number(written)
    if (!names.has(name) || written === '' || Number.isNaN(value)) continue
    samples.push({ name, labels: readLabels(labels), value })
  }
  return samples
}

function readLabels(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    found[name] = value.replace(/\\[n"\\]/g, (written) => ESCAPES[written] ?? written)
  }
  return found
}
