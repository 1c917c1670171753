// Which Pod Security level a namespace asks for, from its labels. Pure.
//
// `pod-security.kubernetes.io/enforce: baseline` refuses, `audit` notes, `warn` tells the client. A label that cannot be
// read makes enforcement strict and the other two silent. Upstream:
// staging/src/k8s.io/pod-security-admission/api/helpers.go

import { type FieldError, invalid as invalidField, Path } from '#api/meta/field-error.ts'

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const
export type Level = (typeof LEVELS)[number]

export interface LevelVersion {
  readonly level: Level
  /** The minor version of `v1.x`. */
  readonly version: number | 'latest'
}

export interface Policy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
  /** Labels that could not be read. */
  readonly errors: readonly FieldError[]
}

const PREFIX = 'pod-security.kubernetes.io/'
const PRIVILEGED: LevelVersion = { level: 'privileged', version: 'latest' }

export const formatLevel = ({ level, version }: LevelVersion): string =>
  `${level}:${version === 'latest' ? version : `v1.${version}`}`

export const compareLevels = (a: Level, b: Level): number => LEVELS.indexOf(a) - LEVELS.indexOf(b)

export function isFullyPrivileged({ enforce, audit, warn }: Policy): boolean {
  return [enforce, audit, warn].every(({ level }) => level === 'privileged')
}

export function policyOf(labels: Readonly<Record<string, string>> | undefined): Policy {
  const errors: FieldError[] = []
  const read = (mode: 'enforce' | 'audit' | 'warn'): LevelVersion & { readonly isReadable: boolean } => {
    const level = labels?.[PREFIX + mode]
    const version = labels?.[`${PREFIX}${mode}-version`]
    const isReadable = level === undefined || LEVELS.includes(level as Level)
    if (!isReadable) errors.push(fault(PREFIX + mode, level!, `must be one of ${LEVELS.join(', ')}`))
    const parsed = parseVersion(version)
    if (parsed === undefined)
      errors.push(fault(`${PREFIX}${mode}-version`, version!, 'must be "latest" or "v1.x"'))
    const fallback = mode === 'enforce' ? 'restricted' : 'privileged'
    return {
      level: isReadable ? ((level as Level | undefined) ?? PRIVILEGED.level) : fallback,
      version: parsed ?? 'latest',
      isReadable,
    }
  }
  const [enforce, audit, warn] = [read('enforce'), read('audit'), read('warn')]
  return {
    enforce: plain(enforce),
    audit: plain(audit),
    warn: warnLevel(labels, enforce, plain(warn)),
    errors,
  }
}

const plain = ({ level, version }: LevelVersion): LevelVersion => ({ level, version })

/** Without a label of its own, `warn` follows what is enforced: else a controller's pods would fail without a word. */
function warnLevel(
  labels: Readonly<Record<string, string>> | undefined,
  enforce: LevelVersion & { readonly isReadable: boolean },
  warn: LevelVersion,
): LevelVersion {
  if (labels?.[`${PREFIX}warn`] !== undefined || labels?.[`${PREFIX}enforce`] === undefined) return warn
  if (!enforce.isReadable || compareLevels(enforce.level, warn.level) <= 0) return warn
  const hasVersion = labels[`${PREFIX}warn-version`] !== undefined
  return { level: enforce.level, version: hasVersion ? warn.version : enforce.version }
}

function parseVersion(text: string | undefined): LevelVersion['version'] | undefined {
  if (text === undefined || text === 'latest') return 'latest'
  const minor = /^v1\.(\d|[1-9]\d*)$/.exec(text)?.[1]
  return minor === undefined ? undefined : Number(minor)
}

const fault = (label: string, value: string, why: string): FieldError =>
  invalidField(new Path('metadata').child('labels').key(label), value, why)
