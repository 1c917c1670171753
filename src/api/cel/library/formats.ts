// Named formats: format.dns1123Label().validate(text) gives what is wrong with a text, or nothing.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/format.go

import { type Environment, Optional } from '@marcbachmann/cel-js'
import { isUrl } from '#api/cel/library/urls.ts'
import {
  isDNS1035Label,
  isLabelValue,
  isQualifiedName,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
} from '#api/meta/names.ts'

/** What is wrong with a text; empty: nothing. */
type Judge = (text: string) => readonly string[]

class CelFormat {
  readonly judge: Judge

  constructor(judge: Judge) {
    this.judge = judge
  }
}

/** `format` in `format.uuid()`. */
class FormatNamespace {}

const TYPE = 'kubernetes.NamedFormat'
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})$/

const wants =
  (holds: (text: string) => boolean, problem: string): Judge =>
  (text) =>
    holds(text) ? [] : [problem]
const isTime = (pattern: RegExp) => (text: string) => pattern.test(text) && isDay(text.slice(0, 10))

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const millis = Date.parse(text)
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(text)
}

const FORMATS: Readonly<Record<string, Judge>> = {
  dns1123Label: (text) => nameIsDNSLabel(text, false),
  dns1123Subdomain: (text) => nameIsDNSSubdomain(text, false),
  dns1035Label: isDNS1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: (text) => nameIsDNSLabel(text, true),
  dns1123SubdomainPrefix: (text) => nameIsDNSSubdomain(text, true),
  dns1035LabelPrefix: (text) => isDNS1035Label(text.replace(/-$/, 'a')),
  labelValue: isLabelValue,
  uri: wants(isUrl, 'invalid URI for request'),
  uuid: wants((text) => UUID.test(text), 'does not match the UUID format'),
  byte: wants((text) => BASE64.test(text), 'invalid base64'),
  date: wants(isTime(DATE), 'invalid date'),
  datetime: wants(isTime(DATE_TIME), 'invalid datetime'),
}

export function addFormats(environment: Environment): void {
  environment
    .registerType(TYPE, CelFormat)
    .registerType('format', FormatNamespace)
    .registerConstant('format', 'format', new FormatNamespace())
    .registerFunction(`format.named(string): optional<${TYPE}>`, (_format: unknown, name: string) =>
      Object.hasOwn(FORMATS, name) ? Optional.of(new CelFormat(FORMATS[name]!)) : Optional.none(),
    )
    .registerFunction(
      `${TYPE}.validate(string): optional<list<string>>`,
      ({ judge }: CelFormat, text: string) => {
        const problems = judge(text)
        return problems.length === 0 ? Optional.none() : Optional.of(problems)
      },
    )
  for (const [name, judge] of Object.entries(FORMATS)) {
    environment.registerFunction(`format.${name}(): ${TYPE}`, () => new CelFormat(judge))
  }
}
