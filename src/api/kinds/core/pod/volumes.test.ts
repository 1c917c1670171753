import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { podErrors } from '#api/kinds/core/pod/testing.ts'

const AT = 'spec.volumes[0]'

const rows: readonly (readonly [name: string, volume: object, errors: readonly string[]])[] = [
  ['an empty directory', { emptyDir: {} }, []],
  ['no name', { name: '', emptyDir: {} }, [`${AT}.name: Required value`]],
  [
    'two sources',
    { emptyDir: {}, hostPath: { path: '/a' } },
    [`${AT}.hostPath: Forbidden: may not specify more than 1 volume type`],
  ],
  ['a hostPath without a path', { hostPath: { path: '' } }, [`${AT}.hostPath.path: Required value`]],
  [
    'a hostPath that goes back',
    { hostPath: { path: '/a/../b' } },
    [`${AT}.hostPath.path: Invalid value: "/a/../b": must not contain '..'`],
  ],
  [
    'a hostPath of no type',
    { hostPath: { path: '/a', type: 'Door' } },
    [
      `${AT}.hostPath.type: Unsupported value: "Door": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"`,
    ],
  ],
  ['no secret', { secret: {} }, [`${AT}.secret.secretName: Required value`]],
  ['no config map', { configMap: {} }, [`${AT}.configMap.name: Required value`]],
  [
    'a mode that is too great',
    { configMap: { name: 'a', defaultMode: 512 } },
    [
      `${AT}.configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive`,
    ],
  ],
  [
    'a key without a path',
    { configMap: { name: 'a', items: [{ key: 'k' }] } },
    [`${AT}.configMap.items[0].path: Required value`],
  ],
  [
    'no claim',
    { persistentVolumeClaim: { claimName: '' } },
    [`${AT}.persistentVolumeClaim.claimName: Required value`],
  ],
  [
    'an nfs path that is not absolute',
    { nfs: { server: 's', path: 'a' } },
    [`${AT}.nfs.path: Invalid value: "a": must be an absolute path`],
  ],
  [
    'a negative size',
    { emptyDir: { sizeLimit: '-1' } },
    [`${AT}.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity`],
  ],
  [
    'a token that expires too soon',
    { projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 5 } }] } },
    [
      `${AT}.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes`,
    ],
  ],
  [
    'two files of the same name',
    {
      projected: {
        sources: [
          { secret: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
          { configMap: { name: 'b', items: [{ key: 'k', path: 'p' }] } },
        ],
      },
    },
    [`${AT}.projected: Invalid value: "b": conflicting duplicate paths`],
  ],
  ['a driver without a name', { csi: { driver: '' } }, [`${AT}.csi.driver: Required value`]],
]

for (const [name, volume, errors] of rows) {
  test(name, () =>
    assert.deepEqual(podErrors({ serviceAccountName: 'a', volumes: [{ name: 'v', ...volume }] }), errors),
  )
}

test('names are used once', () => {
  const volumes = [
    { name: 'v', emptyDir: {} },
    { name: 'v', emptyDir: {} },
  ]
  assert.deepEqual(podErrors({ volumes }), ['spec.volumes[1].name: Duplicate value: "v"'])
})

describe('mounts', () => {
  const mount = (...volumeMounts: object[]): string[] =>
    podErrors({
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [{ name: 'main', image: 'a:1', volumeMounts }],
    })
  const at = 'spec.containers[0].volumeMounts'
  test('good', () => assert.deepEqual(mount({ name: 'v', mountPath: '/v' }), []))
  test('without a path', () => {
    assert.deepEqual(mount({ name: 'v', mountPath: '' }), [`${at}[0].mountPath: Required value`])
  })
  test('at the same place', () => {
    assert.deepEqual(mount({ name: 'v', mountPath: '/v' }, { name: 'v', mountPath: '/v' }), [
      `${at}[1].mountPath: Invalid value: "/v": must be unique`,
    ])
  })
  test('of a part by two ways', () => {
    assert.deepEqual(mount({ name: 'v', mountPath: '/v', subPath: 'a', subPathExpr: 'b' }), [
      `${at}[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive`,
    ])
  })
})
