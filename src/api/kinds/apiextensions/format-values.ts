// Formats of text that a schema can ask for, and whether a value has one.
//
// A format that is not here is not checked, as upstream does not check what it does not know.
// Upstream: vendor/k8s.io/kube-openapi/pkg/validation/strfmt
// Left out: ISBN, credit card and social security numbers, colors, and the names k8s-short-name and k8s-long-name

import { familyOf, type IpFamily, parseIp, parseNetwork } from '#api/meta/ip.ts'

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/i
const EMAIL = /^[^\s@<>]+@[^\s@<>]+$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i
const DURATION = /^-?(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h|d|w)\s*)+$/

const CHECKS: Readonly<Record<string, (value: string) => boolean>> = {
  byte: (value) => BASE64.test(value),
  cidr: (value) => parseNetwork(value) !== undefined,
  date: (value) => DATE.test(value),
  datetime: (value) => DATE_TIME.test(value),
  duration: (value) => value === '0' || DURATION.test(value),
  email: (value) => EMAIL.test(value),
  hostname: (value) => HOST_NAME.test(value),
  ipv4: (value) => isOfFamily(value, 'IPv4'),
  ipv6: (value) => isOfFamily(value, 'IPv6'),
  mac: (value) => MAC.test(value),
  uri: (value) => URL.canParse(value),
  uuid: (value) => UUID.test(value),
}

/** `format` as a schema writes it: dashes do not count. */
export function fitsFormat(format: string, value: string): boolean {
  return CHECKS[format.replaceAll('-', '')]?.(value) ?? true
}

function isOfFamily(value: string, family: IpFamily): boolean {
  const address = parseIp(value)
  return address !== undefined && familyOf(address) === family
}
