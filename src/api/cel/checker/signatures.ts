// The functions and operators of expressions: which types each takes and gives.
//
// One line a function: its name, then its overloads. A `.` before the parenthesis means that the first type is that of the
// target: `string.(int): string` is called as `text.charAt(1)`. Capital letters stand for any type.
// Upstream: github.com/google/cel-go/common/stdlib/standard.go, ext, cel/library.go, and
// staging/src/k8s.io/apiserver/pkg/cel/library

import { type CelType, parseType, splitTypes } from '#api/cel/checker/types.ts'

export interface Overload {
  readonly isMember: boolean
  readonly takes: readonly CelType[]
  readonly gives: CelType
}

const COMPARABLE = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration']
const MIXED = [
  '(int, double)',
  '(int, uint)',
  '(uint, double)',
  '(uint, int)',
  '(double, int)',
  '(double, uint)',
]
const comparison = [...COMPARABLE.map((type) => `(${type}, ${type})`), ...MIXED]
  .map((types) => `${types}: bool`)
  .join(' | ')

const ofTime = (...names: string[]): string =>
  names.map((name) => `${name}  timestamp.(): int | timestamp.(string): int`).join('\n')
const ofTimes = (...names: string[]): string =>
  names.map((name) => `${name}  timestamp.(): int | timestamp.(string): int | duration.(): int`).join('\n')
const ofLists = (name: string, types: readonly string[], result?: string): string =>
  `${name}  ${types.map((type) => `list(${type}).(): ${result ?? type}`).join(' | ')}`

const SUMMED = ['int', 'uint', 'double', 'duration']
const CHECKED = 'kubernetes.authorization.ResourceCheck'
const IP = 'net.IP'
const CIDR = 'net.CIDR'
const QUANTITY = 'kubernetes.Quantity'
const SEMVER = 'kubernetes.Semver'
const URL = 'kubernetes.URL'
const FORMAT = 'kubernetes.NamedFormat'

const STANDARD = `
_?_:_  (bool, A, A): A
_&&_  (bool, bool): bool
_||_  (bool, bool): bool
!_  (bool): bool
@not_strictly_false  (bool): bool
_==_  (A, A): bool
_!=_  (A, A): bool
_+_  (bytes, bytes): bytes | (double, double): double | (duration, duration): duration | (duration, timestamp): timestamp | (timestamp, duration): timestamp | (int, int): int | (list(A), list(A)): list(A) | (string, string): string | (uint, uint): uint
_-_  (double, double): double | (duration, duration): duration | (int, int): int | (timestamp, duration): timestamp | (timestamp, timestamp): duration | (uint, uint): uint
_*_  (double, double): double | (int, int): int | (uint, uint): uint
_/_  (double, double): double | (int, int): int | (uint, uint): uint
_%_  (int, int): int | (uint, uint): uint
-_  (double): double | (int): int
_<_  ${comparison}
_<=_  ${comparison}
_>_  ${comparison}
_>=_  ${comparison}
_[_]  (list(A), int): A | (map(A, B), A): B | (optional(list(A)), int): optional(A) | (optional(map(A, B)), A): optional(B)
_[?_]  (list(A), int): optional(A) | (optional(list(A)), int): optional(A) | (map(A, B), A): optional(B) | (optional(map(A, B)), A): optional(B)
@in  (A, list(A)): bool | (A, map(A, B)): bool
size  (bytes): int | bytes.(): int | (list(A)): int | list(A).(): int | (map(A, B)): int | map(A, B).(): int | (string): int | string.(): int
type  (A): type(A)
bool  (bool): bool | (string): bool
bytes  (bytes): bytes | (string): bytes
double  (double): double | (int): double | (string): double | (uint): double
duration  (duration): duration | (int): duration | (string): duration
dyn  (A): dyn
int  (int): int | (double): int | (duration): int | (string): int | (timestamp): int | (uint): int
string  (string): string | (bool): string | (bytes): string | (double): string | (duration): string | (int): string | (timestamp): string | (uint): string | (${IP}): string | (${CIDR}): string
timestamp  (timestamp): timestamp | (int): timestamp | (string): timestamp
uint  (uint): uint | (double): uint | (int): uint | (string): uint
contains  string.(string): bool
endsWith  string.(string): bool
startsWith  string.(string): bool
matches  (string, string): bool | string.(string): bool
${ofTime('getFullYear', 'getMonth', 'getDayOfYear', 'getDayOfMonth', 'getDate', 'getDayOfWeek')}
${ofTimes('getHours', 'getMinutes', 'getSeconds', 'getMilliseconds')}
optional.of  (A): optional(A)
optional.ofNonZeroValue  (A): optional(A)
optional.none  (): optional(A)
optional.unwrap  (list(optional(A))): list(A)
unwrapOpt  list(optional(A)).(): list(A)
value  optional(A).(): A
hasValue  optional(A).(): bool
or  optional(A).(optional(A)): optional(A)
orValue  optional(A).(A): A
cel.@mapInsert  (map(A, B), A, B): map(A, B) | (map(A, B), map(A, B)): map(A, B)
`

const EXTENSIONS = `
charAt  string.(int): string
indexOf  string.(string): int | string.(string, int): int | list(A).(A): int
lastIndexOf  string.(string): int | string.(string, int): int | list(A).(A): int
lowerAscii  string.(): string
upperAscii  string.(): string
replace  string.(string, string): string | string.(string, string, int): string
split  string.(string): list(string) | string.(string, int): list(string)
substring  string.(int): string | string.(int, int): string
trim  string.(): string
format  string.(list(dyn)): string
strings.quote  (string): string
join  list(string).(): string | list(string).(string): string
slice  list(A).(int, int): list(A)
flatten  list(list(A)).(): list(A) | list(dyn).(int): list(dyn)
${ofLists('sort', ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']).replace(/\(\): (\w+)/g, '(): list($1)')}
@sortByAssociatedKeys  ${['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'].map((type) => `list(A).(list(${type})): list(A)`).join(' | ')}
lists.range  (int): list(int)
reverse  list(A).(): list(A)
distinct  list(A).(): list(A)
first  list(A).(): optional(A)
last  list(A).(): optional(A)
sets.contains  (list(A), list(A)): bool
sets.equivalent  (list(A), list(A)): bool
sets.intersects  (list(A), list(A)): bool
`

const KUBERNETES = `
${ofLists('isSorted', ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'], 'bool')}
${ofLists('sum', SUMMED)}
${ofLists('min', ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'])}
${ofLists('max', ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'])}
find  string.(string): string
findAll  string.(string): list(string) | string.(string, int): list(string)
url  (string): ${URL}
isURL  (string): bool
getScheme  ${URL}.(): string
getHost  ${URL}.(): string
getHostname  ${URL}.(): string
getPort  ${URL}.(): string
getEscapedPath  ${URL}.(): string
getQuery  ${URL}.(): map(string, list(string))
ip  (string): ${IP} | ${CIDR}.(): ${IP}
family  ${IP}.(): int
ip.isCanonical  (string): bool
isUnspecified  ${IP}.(): bool
isLoopback  ${IP}.(): bool
isLinkLocalMulticast  ${IP}.(): bool
isLinkLocalUnicast  ${IP}.(): bool
isGlobalUnicast  ${IP}.(): bool
isIP  (string): bool
cidr  (string): ${CIDR}
isCIDR  (string): bool
containsIP  ${CIDR}.(string): bool | ${CIDR}.(${IP}): bool
containsCIDR  ${CIDR}.(string): bool | ${CIDR}.(${CIDR}): bool
prefixLength  ${CIDR}.(): int
masked  ${CIDR}.(): ${CIDR}
quantity  (string): ${QUANTITY}
isQuantity  (string): bool
sign  ${QUANTITY}.(): int
isGreaterThan  ${QUANTITY}.(${QUANTITY}): bool | ${SEMVER}.(${SEMVER}): bool
isLessThan  ${QUANTITY}.(${QUANTITY}): bool | ${SEMVER}.(${SEMVER}): bool
compareTo  ${QUANTITY}.(${QUANTITY}): int | ${SEMVER}.(${SEMVER}): int
asApproximateFloat  ${QUANTITY}.(): double
asInteger  ${QUANTITY}.(): int
isInteger  ${QUANTITY}.(): bool
add  ${QUANTITY}.(${QUANTITY}): ${QUANTITY} | ${QUANTITY}.(int): ${QUANTITY}
sub  ${QUANTITY}.(${QUANTITY}): ${QUANTITY} | ${QUANTITY}.(int): ${QUANTITY}
semver  (string): ${SEMVER} | (string, bool): ${SEMVER}
isSemver  (string): bool | (string, bool): bool
major  ${SEMVER}.(): int
minor  ${SEMVER}.(): int
patch  ${SEMVER}.(): int
${['dns1123Label', 'dns1123Subdomain', 'dns1035Label', 'qualifiedName', 'dns1123LabelPrefix', 'dns1123SubdomainPrefix', 'dns1035LabelPrefix', 'labelValue', 'uri', 'uuid', 'byte', 'date', 'datetime'].map((name) => `format.${name}  (): ${FORMAT}`).join('\n')}
format.named  (string): optional(${FORMAT})
validate  ${FORMAT}.(string): optional(list(string))
path  kubernetes.authorization.Authorizer.(string): kubernetes.authorization.PathCheck
group  kubernetes.authorization.Authorizer.(string): kubernetes.authorization.GroupCheck
serviceAccount  kubernetes.authorization.Authorizer.(string, string): kubernetes.authorization.Authorizer
resource  kubernetes.authorization.GroupCheck.(string): ${CHECKED}
subresource  ${CHECKED}.(string): ${CHECKED}
namespace  ${CHECKED}.(string): ${CHECKED}
name  ${CHECKED}.(string): ${CHECKED}
fieldSelector  ${CHECKED}.(string): ${CHECKED}
labelSelector  ${CHECKED}.(string): ${CHECKED}
check  kubernetes.authorization.PathCheck.(string): kubernetes.authorization.Decision | ${CHECKED}.(string): kubernetes.authorization.Decision
errored  kubernetes.authorization.Decision.(): bool
error  kubernetes.authorization.Decision.(): string
allowed  kubernetes.authorization.Decision.(): bool
reason  kubernetes.authorization.Decision.(): string
`

/** Of mutating policies only. */
const PATCHES = 'jsonpatch.escapeKey  (string): string'

let table: ReadonlyMap<string, readonly Overload[]> | undefined
let withPatches: ReadonlyMap<string, readonly Overload[]> | undefined

/** All functions by name; those of mutating policies among them where `patches`. */
export function functionTable(patches: boolean): ReadonlyMap<string, readonly Overload[]> {
  table ??= parseTable([STANDARD, EXTENSIONS, KUBERNETES].join('\n'))
  if (!patches) return table
  withPatches ??= new Map([...table, ...parseTable(PATCHES)])
  return withPatches
}

function parseTable(text: string): Map<string, Overload[]> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return new Map(
    lines.map((line) => {
      const at = line.indexOf('  ')
      return [
        line.slice(0, at),
        line
          .slice(at + 2)
          .split(' | ')
          .map(parseOverload),
      ]
    }),
  )
}

function parseOverload(text: string): Overload {
  const end = text.lastIndexOf('): ')
  const gives = parseType(text.slice(end + 3))
  const start = text.startsWith('(') ? 0 : text.lastIndexOf('.(', end) + 1
  const args = splitTypes(text.slice(start + 1, end)).map((part) => parseType(part))
  const target = start === 0 ? [] : [parseType(text.slice(0, start - 1))]
  return { isMember: start !== 0, takes: [...target, ...args], gives }
}
