import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { containerErrors, podErrors } from '#api/kinds/core/pod/testing.ts'

const CONTAINER_AT = 'spec.containers[0].securityContext'
const POD_AT = 'spec.securityContext'

describe('of a container', () => {
  const rows: readonly (readonly [name: string, context: object, errors: readonly string[]])[] = [
    ['nothing', {}, []],
    [
      'a negative user',
      { runAsUser: -1 },
      [`${CONTAINER_AT}.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`],
    ],
    [
      'a profile on the node without a name',
      { seccompProfile: { type: 'Localhost' } },
      [
        `${CONTAINER_AT}.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost`,
      ],
    ],
    [
      'AppArmor of no type',
      { appArmorProfile: { type: 'x' } },
      [
        `${CONTAINER_AT}.appArmorProfile.type: Unsupported value: "x": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
      ],
    ],
  ]
  for (const [name, securityContext, errors] of rows) {
    test(name, () => assert.deepEqual(containerErrors({ securityContext }), errors))
  }
  test('privileged without escalation', () => {
    const [error = ''] = containerErrors({
      securityContext: { privileged: true, allowPrivilegeEscalation: false },
    })
    assert.match(error, /cannot set `allowPrivilegeEscalation` to false and `privileged` to true$/)
  })
})

describe('of a pod', () => {
  const rows: readonly (readonly [name: string, spec: object, errors: readonly string[]])[] = [
    [
      'a negative group',
      { securityContext: { supplementalGroups: [-1] } },
      [`${POD_AT}.supplementalGroups[0]: Invalid value: -1: must be between 0 and 2147483647, inclusive`],
    ],
    [
      'a sysctl twice',
      {
        securityContext: {
          sysctls: [
            { name: 'kernel.shm_rmid_forced', value: '0' },
            { name: 'kernel.shm_rmid_forced', value: '1' },
          ],
        },
      },
      [`${POD_AT}.sysctls[1].name: Duplicate value: "kernel.shm_rmid_forced"`],
    ],
    [
      'the host PID and a shared one',
      { hostPID: true, shareProcessNamespace: true },
      [
        `${POD_AT}.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled`,
      ],
    ],
  ]
  for (const [name, spec, errors] of rows) test(name, () => assert.deepEqual(podErrors(spec), errors))
})
