import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import type { Pod } from '#api/types/core.ts'
import { describe as describeViolations, violations } from '#apiserver/admission/pod-security/evaluate.ts'
import { namespaceWarnings } from '#apiserver/admission/pod-security/namespace-warnings.ts'
import { formatLevel, type Level, policyOf } from '#apiserver/admission/pod-security/policy.ts'

const CASES = '../shared/upstream/data/pod-security'

/** As defaulting leaves it: a volume that names no source is an emptyDir. */
function checked(pod: Pod) {
  const volumes = (pod.spec?.volumes ?? []).map((volume) =>
    Object.keys(volume).length > 1 ? volume : { ...volume, emptyDir: {} },
  )
  return { annotations: pod.metadata?.annotations ?? {}, spec: { ...pod.spec!, volumes } }
}

test('all cases of the original are judged as it judges them', { skip: !existsSync(CASES) }, () => {
  let count = 0
  for (const level of readdirSync(CASES)) {
    for (const version of readdirSync(join(CASES, level))) {
      for (const verdict of readdirSync(join(CASES, level, version))) {
        for (const file of readdirSync(join(CASES, level, version, verdict))) {
          const pod = parse(readFileSync(join(CASES, level, version, verdict, file), 'utf8')) as Pod
          const minor = Number(version.replace('v1.', ''))
          const found = violations(checked(pod), { level: level as Level, version: minor })
          assert.equal(found.length === 0, verdict === 'pass', `${level}/${version}/${verdict}/${file}`)
          count++
        }
      }
    }
  }
  assert.ok(count > 100)
})

const pod = (spec: object, name = 'p', owner?: string): Pod => ({
  metadata: {
    name,
    ...(owner && {
      ownerReferences: [{ apiVersion: 'v1', kind: 'ReplicaSet', name: 'r', uid: owner, controller: true }],
    }),
  },
  spec: { containers: [{ name: 'a', image: 'i' }], ...spec },
})

test('a pod that does everything wrong hears of it in the words and the order of the original', () => {
  const bad = pod({
    hostNetwork: true,
    containers: [
      {
        name: 'a',
        image: 'i',
        securityContext: { privileged: true, capabilities: { add: ['NET_RAW', 'CHOWN'] } },
      },
      { name: 'b', image: 'i', ports: [{ containerPort: 1, hostPort: 80 }] },
    ],
  })
  const text = describeViolations(violations(checked(bad), { level: 'baseline', version: 'latest' }))
  assert.equal(
    text,
    'non-default capabilities (container "a" must not include "NET_RAW" in securityContext.capabilities.add), ' +
      'host namespaces (hostNetwork=true), hostPort (container "b" uses hostPort 80), ' +
      'privileged (container "a" must not set securityContext.privileged=true)',
  )
})

test('versions before a check came in do not know it', () => {
  const escalating = pod({ securityContext: { runAsNonRoot: true } })
  assert.equal(violations(checked(escalating), { level: 'restricted', version: 7 }).length, 0)
  assert.equal(violations(checked(escalating), { level: 'restricted', version: 8 }).length, 1)
  assert.equal(violations(checked(escalating), { level: 'restricted', version: 999 }).length, 3)
})

test('labels', () => {
  const label = (name: string) => `pod-security.kubernetes.io/${name}`
  const rows: readonly (readonly [
    name: string,
    labels: Record<string, string>,
    expected: readonly string[],
    errors: number,
  ])[] = [
    ['none', {}, ['privileged:latest', 'privileged:latest', 'privileged:latest'], 0],
    [
      'warn follows enforce',
      { enforce: 'baseline', 'enforce-version': 'v1.30' },
      ['baseline:v1.30', 'privileged:latest', 'baseline:v1.30'],
      0,
    ],
    [
      'warn of its own',
      { enforce: 'baseline', warn: 'restricted' },
      ['baseline:latest', 'privileged:latest', 'restricted:latest'],
      0,
    ],
    [
      'unreadable enforce is strict',
      { enforce: 'strict' },
      ['restricted:latest', 'privileged:latest', 'privileged:latest'],
      1,
    ],
    [
      'unreadable audit is silent',
      { audit: 'x', 'audit-version': '1.2' },
      ['privileged:latest', 'privileged:latest', 'privileged:latest'],
      2,
    ],
  ]
  for (const [name, labels, expected, errors] of rows) {
    const full = Object.fromEntries(Object.entries(labels).map(([key, value]) => [label(key), value]))
    const policy = policyOf(full)
    assert.deepEqual([policy.enforce, policy.audit, policy.warn].map(formatLevel), expected, name)
    assert.equal(policy.errors.length, errors, name)
  }
})

test('tightening a namespace tells which pods would not pass, one line a reason', () => {
  const privileged = { containers: [{ name: 'a', image: 'i', securityContext: { privileged: true } }] }
  const found = namespaceWarnings(
    'ns',
    [
      pod(privileged, 'p2', 'u'),
      pod(privileged, 'p1', 'u'),
      pod(privileged, 'p3'),
      pod({}, 'good'),
      pod({ hostPID: true }, 'h'),
    ],
    { level: 'baseline', version: 'latest' },
  )
  assert.deepEqual(found, [
    'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
    'h: host namespaces',
    'p1 (and 2 other pods): privileged',
  ])
})
